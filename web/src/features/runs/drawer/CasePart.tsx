import type { CaseView } from "@/api/types";
import { textOfValue } from "@/lib/values";

/** The case as it was when the run was started: what was put into the prompt, and what was expected. */
export function CasePart({ item }: { item: CaseView }) {
  const variables = Object.entries(item.variables);
  return (
    <section className="part">
      <div className="part__head">
        <h3>Case</h3>
        {item.description && <span className="dim">{item.description}</span>}
        {item.tags.map((tag) => (
          <span className="chip chip--tag" key={tag}>
            {tag}
          </span>
        ))}
      </div>
      <dl className="facts facts--text">
        {variables.map(([name, value]) => (
          <Fact key={name} name={name} value={textOfValue(value)} />
        ))}
        {item.expected_output !== null && <Fact name="expected output" value={item.expected_output} />}
      </dl>
      {variables.length === 0 && item.expected_output === null && (
        <p className="hint">It has no variables.</p>
      )}
    </section>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt className="mono">{name}</dt>
      <dd>{value === "" ? <span className="hint">empty</span> : value}</dd>
    </>
  );
}

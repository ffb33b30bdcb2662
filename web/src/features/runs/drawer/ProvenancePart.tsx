import type { ReactNode } from "react";
import type { CellView } from "@/api/types";
import { shortDigest } from "@/lib/format";
import { exact } from "@/lib/time";

/** What has to be known to get the same answer again. */
export function ProvenancePart({ cell }: { cell: CellView }) {
  const { model, card, result, summary } = cell;
  const digest = result?.digest ?? model.digest;
  return (
    <section className="part">
      <div className="part__head">
        <h3>Provenance</h3>
      </div>
      <dl className="facts small">
        <Fact name="Provider">
          {model.provider}
          {model.simulated && ", simulated"}
        </Fact>
        {result?.server && (
          <Fact name="Address">
            <span className="mono">{result.server}</span>
          </Fact>
        )}
        <Fact name="Model">
          <span className="mono">{model.model}</span>
        </Fact>
        <Fact name="Model digest">
          {digest ? (
            <span className="mono" title={digest}>
              {shortDigest(digest)}
            </span>
          ) : (
            "not said"
          )}
        </Fact>
        <Fact name="Card">
          {card.slug} v{card.version}
        </Fact>
        <Fact name="Parameters">{parametersText(result?.parameters ?? model.parameters)}</Fact>
        {result && (
          <>
            <Fact name="Finish reason">{result.finish_reason ?? "not said"}</Fact>
            {result.prompt_hash && (
              <Fact name="Prompt hash">
                <span className="mono" title={result.prompt_hash}>
                  {shortDigest(result.prompt_hash)}
                </span>
              </Fact>
            )}
            <Fact name="Answered">{exact(result.finished_at)}</Fact>
          </>
        )}
        <Fact name="Cell">
          <span className="num">{summary.position}</span>
        </Fact>
      </dl>
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

/** `temperature 0, seed 7`; what was left to the server is not said. */
export function parametersText(parameters: CellView["model"]["parameters"]): string {
  const set = Object.entries(parameters).filter(([, value]) => {
    if (value === null || value === undefined) return false;
    return typeof value !== "object" || Object.keys(value).length > 0;
  });
  if (set.length === 0) return "the model server's own";
  return set
    .map(([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : String(value)}`)
    .join(", ");
}

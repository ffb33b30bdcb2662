import { type ReactNode, Suspense, useState } from "react";
import type { CellView } from "@/api/types";
import { IconButton } from "@/components/Button";
import { Diff } from "@/components/Diff";
import { Segments } from "@/components/Fields";
import { lazily } from "@/components/lazily";
import { toast } from "@/components/toasts";
import { copy } from "@/lib/clipboard";
import { formattedJson } from "./json";

const Markdown = lazily(
  "markdown",
  async () => (await import("./Markdown")).Markdown,
  ({ text }) => <Text>{text}</Text>,
);

type Form = "plain" | "markdown" | "json" | "expected";

/** What the model said, byte for byte or in the form that suits it; and what it thought before. */
export function OutputPart({
  cell: { case: item },
  result,
}: {
  cell: CellView;
  result: NonNullable<CellView["result"]>;
}) {
  const { output, tool_calls, thinking, notes, finish_reason } = result;
  const [form, setForm] = useState<Form>("plain");
  const json = formattedJson(output);
  const options: { value: Form; label: string }[] = [
    { value: "plain", label: "Plain" },
    { value: "markdown", label: "Markdown" },
  ];
  if (json !== null) options.push({ value: "json", label: "JSON" });
  if (item.expected_output !== null) options.push({ value: "expected", label: "Expected" });
  return (
    <section className="part">
      <div className="part__head">
        <h3>Output</h3>
        {output !== "" && (
          <span className="push line">
            <Segments label="Show the output as" options={options} value={form} onChange={setForm} />
            <IconButton
              icon="copy"
              label="Copy output"
              onClick={async () =>
                toast((await copy(output)) ? "Output copied" : "The browser did not allow copying")
              }
            />
          </span>
        )}
      </div>
      {output === "" ? (
        tool_calls.length === 0 && <p className="hint">There is no output.</p>
      ) : (
        <div className="frame">
          {form === "plain" && <Text>{output}</Text>}
          {form === "json" && <Text>{json}</Text>}
          {form === "markdown" && (
            <Suspense fallback={<Text>{output}</Text>}>
              <Markdown text={output} />
            </Suspense>
          )}
          {form === "expected" && <Diff before={item.expected_output ?? ""} after={output} />}
        </div>
      )}
      <ToolCalls calls={tool_calls} />
      {form === "expected" && <p className="hint">− only in what was expected, + only in this output</p>}
      {finish_reason === "length" && output !== "" && (
        <p className="hint">It was cut off at its limit of tokens.</p>
      )}
      {notes.map((note) => (
        <p className="hint" key={note}>
          {note}
        </p>
      ))}
      {thinking && (
        <details className="more">
          <summary>
            Thinking <span className="hint">{thinking.length.toLocaleString("en")} characters</span>
          </summary>
          <div className="frame">
            <Text>{thinking}</Text>
          </div>
        </details>
      )}
    </section>
  );
}

/** What the model asked to be called; nothing is called. */
function ToolCalls({ calls }: { calls: NonNullable<CellView["result"]>["tool_calls"] }) {
  return calls.map((call, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a call may come without a name of its own
    <div className="frame" key={index}>
      <p className="prompt__role">
        Asks to call <span className="mono">{call.name}</span>
      </p>
      <Text>{formattedJson(call.arguments) ?? call.arguments}</Text>
    </div>
  ));
}

function Text({ children }: { children: ReactNode }) {
  return <p className="text">{children}</p>;
}

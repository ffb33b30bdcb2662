import { useId, useState } from "react";
import { ProblemError, sentence } from "@/api/problem";
import { Button } from "@/components/Button";
import { TextAreaField } from "@/components/Fields";
import { Dialog } from "@/components/Layers";
import { toast } from "@/components/toasts";
import { plural } from "@/lib/format";
import { textOfValue } from "@/lib/values";
import { assertionsSummary } from "./assertionForm";
import { useImportCases } from "./mutations";
import { parseCases } from "./parseCases";

const SHOWN = 5;

/** Takes cases from pasted JSON, shows what they will be, and adds all of them or none. */
export function ImportDialog({
  suiteId,
  open,
  onClose,
}: {
  suiteId: string;
  open: boolean;
  onClose: () => void;
}) {
  const form = useId();
  const [text, setText] = useState("");
  const { cases, errors } = parseCases(text);
  const importing = useImportCases(suiteId);
  const names = Object.keys(cases[0]?.variables ?? {}).slice(0, 3);
  const ready = cases.length > 0 && errors.length === 0;
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Import cases"
      wide
      actions={
        <>
          {importing.isError && (
            <span className="t-fail small dialog__say" role="alert">
              No case was added. {sentence(importing.error)}{" "}
              {importing.error instanceof ProblemError && importing.error.problem.errors?.[0]
                ? `${importing.error.problem.errors[0].pointer}: ${importing.error.problem.errors[0].detail}`
                : ""}
            </span>
          )}
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} busy={importing.isPending} disabled={!ready}>
            {ready ? `Add ${plural(cases.length, "case")}` : "Add cases"}
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (!ready || importing.isPending) return;
          importing.mutate(cases, {
            onSuccess: ({ created }) => {
              toast(`${plural(created, "case")} added.`);
              setText("");
              onClose();
            },
          });
        }}
      >
        <TextAreaField
          label="JSON or JSON lines"
          hint="one object a case"
          className="input mono import__text"
          rows={8}
          value={text}
          onChange={(event) => setText(event.target.value)}
          placeholder={'{"variables": {"question": "How many?"}, "expected_output": "3"}'}
          note="An object without variables, assertions or expected_output is taken for the variables themselves."
          error={
            errors[0]
              ? `${errors.length > 1 ? `${errors.length} problems. ` : ""}Line ${errors[0].at}: ${errors[0].why}`
              : undefined
          }
        />
      </form>
      {cases.length > 0 && (
        <div className="scroll-x">
          <table className="table" aria-label="What will be added">
            <thead>
              <tr>
                {names.map((name) => (
                  <th scope="col" key={name} className="mono">
                    {name}
                  </th>
                ))}
                <th scope="col">Expected</th>
                <th scope="col">Assertions</th>
              </tr>
            </thead>
            <tbody>
              {cases.slice(0, SHOWN).map((item, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: what is pasted has no name but its place
                <tr key={index}>
                  {names.map((name) => (
                    <td key={name}>
                      <span className="cut cases-table__text">{textOfValue(item.variables?.[name])}</span>
                    </td>
                  ))}
                  <td className="mono">{item.expected_output ?? <span className="hint">none</span>}</td>
                  <td className="small">{assertionsSummary(item.assertions ?? [])}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {cases.length > SHOWN && (
            <p className="hint after">and {plural(cases.length - SHOWN, "case")} more</p>
          )}
        </div>
      )}
    </Dialog>
  );
}

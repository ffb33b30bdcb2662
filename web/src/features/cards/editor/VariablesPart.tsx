import { useState } from "react";
import type { VariableDefinition } from "@/api/types";
import { Button, IconButton } from "@/components/Button";
import { kindOf, VariableInput } from "@/components/VariableInput";
import { LoadCase } from "./LoadCase";
import type { KnownVariable, useTryValues } from "./useVariables";
import { VariableForm } from "./VariableForm";

interface Props {
  suiteId: string;
  variables: KnownVariable[];
  values: ReturnType<typeof useTryValues>;
  /** The values may be tried, what a variable takes may not be changed. */
  readOnly: boolean;
  onDefine: (definition: VariableDefinition) => void;
  onRemove: (name: string) => void;
}

/** A field for every variable, filled to try the template; and what each one is. */
export function VariablesPart({ suiteId, variables, values, readOnly, onDefine, onRemove }: Props) {
  const [open, setOpen] = useState<string | null>(null);
  return (
    <section className="part" aria-label="Variables">
      <div className="part__head">
        <h2>Variables</h2>
        <span className="push">
          <LoadCase suiteId={suiteId} onLoad={values.load} />
        </span>
      </div>
      {variables.length === 0 && (
        <p className="hint">
          None. <span className="mono">{"{{ name }}"}</span> in the template makes one.
        </p>
      )}
      <ul className="vars">
        {variables.map(({ definition, defined, used }) => (
          <li key={definition.name}>
            <div className="var">
              <VariableInput
                variable={definition}
                value={values.texts[definition.name] ?? ""}
                onChange={(text) => values.setText(definition.name, text)}
                hint={
                  used
                    ? defined
                      ? kindOf(definition)
                      : `${kindOf(definition)}, found in the template`
                    : "not used"
                }
              />
              {!readOnly && (
                <IconButton
                  icon="more"
                  label={`What ${definition.name} takes`}
                  aria-expanded={open === definition.name}
                  onClick={() => setOpen(open === definition.name ? null : definition.name)}
                />
              )}
            </div>
            {open === definition.name && (
              <VariableForm
                definition={definition}
                onChange={onDefine}
                foot={
                  <>
                    {defined && (
                      <Button kind="quiet" onClick={() => onRemove(definition.name)}>
                        Remove the definition
                      </Button>
                    )}
                    <Button onClick={() => setOpen(null)}>Done</Button>
                  </>
                }
              />
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

import { type ReactNode, useState } from "react";
import type { VariableDefinition } from "@/api/types";
import { Checkbox, SelectField, TextAreaField, TextField } from "@/components/Fields";
import { textOfValue, valueOfText } from "@/lib/values";

const TYPES = [
  ["text", "Text"],
  ["number", "Number"],
  ["boolean", "Yes or no"],
  ["list", "List"],
  ["object", "Object"],
] as const;

/** What a variable takes: each change counts at once, as everything in a draft does. */
export function VariableForm({
  definition,
  onChange,
  foot,
}: {
  definition: VariableDefinition;
  onChange: (definition: VariableDefinition) => void;
  foot: ReactNode;
}) {
  const [fallback, setFallback] = useState(textOfValue(definition.default));
  const [allowed, setAllowed] = useState((definition.allowed_values ?? []).map(oneLine).join("\n"));
  const parsedDefault =
    fallback === "" ? { ok: true as const, value: undefined } : valueOfText(definition.type, fallback);
  const { default: _default, ...withoutDefault } = definition;
  return (
    <div className="var__form">
      <div className="vars__pair">
        <SelectField
          label="Type"
          value={definition.type}
          onChange={(event) =>
            onChange({ ...definition, type: event.target.value as VariableDefinition["type"] })
          }
        >
          {TYPES.map(([type, word]) => (
            <option key={type} value={type}>
              {word}
            </option>
          ))}
        </SelectField>
        <TextField
          label="Default"
          hint="if a case gives none"
          value={fallback}
          error={parsedDefault.ok ? undefined : parsedDefault.why}
          onChange={(event) => {
            setFallback(event.target.value);
            const parsed = valueOfText(definition.type, event.target.value);
            if (event.target.value === "") onChange(withoutDefault);
            else if (parsed.ok) onChange({ ...definition, default: parsed.value });
          }}
        />
      </div>
      <Checkbox
        checked={definition.required ?? false}
        onChange={(event) => onChange({ ...definition, required: event.target.checked })}
      >
        A case must give it
      </Checkbox>
      <TextField
        label="What it is for"
        value={definition.description ?? ""}
        maxLength={1000}
        onChange={(event) => onChange({ ...definition, description: event.target.value })}
      />
      {definition.type !== "boolean" && (
        <TextAreaField
          label="Allowed values"
          hint="one a line; none: any"
          className="input mono"
          rows={2}
          value={allowed}
          onChange={(event) => {
            setAllowed(event.target.value);
            const values = event.target.value
              .split("\n")
              .filter((line) => line.trim() !== "")
              .map((line) => valueOfText(definition.type, line));
            if (values.every((value) => value.ok)) {
              onChange({ ...definition, allowed_values: values.map((value) => value.value) });
            }
          }}
        />
      )}
      <div className="line line--wrap">{foot}</div>
    </div>
  );
}

function oneLine(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

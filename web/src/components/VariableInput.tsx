import type { ReactNode } from "react";
import type { VariableDefinition } from "@/api/types";
import { textOfValue, valueOfText } from "@/lib/values";
import { SelectField, TextAreaField, TextField } from "./Fields";

const WORDS = {
  text: "text",
  number: "number",
  boolean: "yes or no",
  list: "list",
  object: "object",
} as const;

/** What a variable takes, in two words. */
export function kindOf(variable: VariableDefinition): string {
  const type = variable.allowed_values?.length ? "choice" : WORDS[variable.type];
  return variable.required ? `${type}, required` : `${type}, optional`;
}

/** A field for the value of a variable, as its type wants it. It speaks text; `valueOfText` makes the value. */
export function VariableInput({
  variable,
  value,
  onChange,
  hint,
}: {
  variable: VariableDefinition;
  value: string;
  onChange: (text: string) => void;
  hint?: ReactNode;
}) {
  const parsed = valueOfText(variable.type, value);
  const field = {
    label: variable.name,
    hint: hint ?? kindOf(variable),
    note: variable.description || undefined,
    error: parsed.ok ? undefined : parsed.why,
    value,
  };
  if (variable.allowed_values?.length || variable.type === "boolean") {
    const choices = variable.allowed_values?.length
      ? variable.allowed_values.map(textOfValue)
      : ["true", "false"];
    return (
      <SelectField {...field} error={undefined} onChange={(event) => onChange(event.target.value)}>
        <option value="">{variable.required ? "Choose" : "Not given"}</option>
        {value !== "" && !choices.includes(value) && <option value={value}>{value} (not allowed)</option>}
        {choices.map((choice) => (
          <option key={choice}>{choice}</option>
        ))}
      </SelectField>
    );
  }
  if (variable.type === "number") {
    return (
      <TextField
        {...field}
        className="input num"
        inputMode="decimal"
        onChange={(event) => onChange(event.target.value)}
      />
    );
  }
  return (
    <TextAreaField
      {...field}
      className={variable.type === "text" ? "input" : "input mono"}
      rows={variable.type === "text" ? 2 : 3}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

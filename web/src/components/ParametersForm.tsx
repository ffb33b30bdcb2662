import { useState } from "react";
import type { ModelParameters } from "@/api/types";
import { SelectField, TextAreaField, TextField } from "./Fields";

const NUMBERS = [
  ["temperature", "Temperature", "0 is the most repeatable"],
  ["top_p", "Top p", "0 to 1"],
  ["top_k", "Top k", "whole number"],
  ["seed", "Seed", "repeats add their number"],
  ["num_predict", "Most tokens to generate", "num_predict"],
  ["num_ctx", "Context", "num_ctx, in tokens"],
] as const;

type NumberName = (typeof NUMBERS)[number][0];

/** The parameters of a model call. What is left empty is left to the model server. */
export function ParametersForm({
  value,
  onChange,
}: {
  value: ModelParameters;
  onChange: (parameters: ModelParameters) => void;
}) {
  function set<K extends keyof ModelParameters>(name: K, next: ModelParameters[K] | undefined) {
    const { [name]: _before, ...rest } = value;
    onChange(next === undefined ? rest : { ...rest, [name]: next });
  }
  return (
    <div className="parameters">
      {NUMBERS.map(([name, label, hint]) => (
        <NumberField key={name} name={name} label={label} hint={hint} value={value[name]} onChange={set} />
      ))}
      <SelectField
        label="Thinking"
        value={value.think === undefined || value.think === null ? "" : String(value.think)}
        onChange={(event) => set("think", thinkOf(event.target.value))}
      >
        <option value="">As the model does</option>
        <option value="false">Off</option>
        <option value="true">On</option>
        <option value="low">Low</option>
        <option value="medium">Medium</option>
        <option value="high">High</option>
      </SelectField>
      <TextField
        label="Keep loaded"
        hint="for example 5m"
        value={value.keep_alive === undefined || value.keep_alive === null ? "" : String(value.keep_alive)}
        onChange={(event) => set("keep_alive", event.target.value || undefined)}
      />
      <TextAreaField
        label="Stop"
        hint="one text a line"
        className="input mono"
        rows={2}
        value={(value.stop ?? []).join("\n")}
        onChange={(event) =>
          set("stop", event.target.value === "" ? undefined : event.target.value.split("\n"))
        }
      />
      <JsonField
        label="Format"
        hint="json, or a JSON schema"
        value={value.format}
        word="json"
        onChange={(format) => set("format", format)}
      />
      <JsonField
        label="Other options"
        hint="JSON, passed on as it is"
        value={value.options && Object.keys(value.options).length > 0 ? value.options : undefined}
        onChange={(options) => set("options", options as ModelParameters["options"])}
      />
    </div>
  );
}

function thinkOf(word: string): unknown {
  if (word === "") return undefined;
  return word === "true" || word === "false" ? word === "true" : word;
}

function NumberField({
  name,
  label,
  hint,
  value,
  onChange,
}: {
  name: NumberName;
  label: string;
  hint: string;
  value: number | null | undefined;
  onChange: (name: NumberName, value: number | undefined) => void;
}) {
  const [text, setText] = useState(value === undefined || value === null ? "" : String(value));
  const number = text.trim() === "" ? undefined : Number(text);
  const whole = name !== "temperature" && name !== "top_p";
  const wrong = number !== undefined && (!Number.isFinite(number) || (whole && !Number.isInteger(number)));
  return (
    <TextField
      label={label}
      hint={hint}
      className="input num"
      inputMode="decimal"
      value={text}
      error={wrong ? (whole ? "Use a whole number" : "Use a number") : undefined}
      onChange={(event) => {
        setText(event.target.value);
        const next = event.target.value.trim() === "" ? undefined : Number(event.target.value);
        if (next === undefined || (Number.isFinite(next) && (!whole || Number.isInteger(next))))
          onChange(name, next);
      }}
    />
  );
}

function JsonField({
  label,
  hint,
  value,
  word,
  onChange,
}: {
  label: string;
  hint: string;
  value: unknown;
  /** A bare word that stands for itself. */
  word?: string;
  onChange: (value: unknown) => void;
}) {
  const [text, setText] = useState(
    value === undefined || value === null
      ? ""
      : typeof value === "string"
        ? value
        : JSON.stringify(value, null, 2),
  );
  const [wrong, setWrong] = useState(false);
  return (
    <TextAreaField
      label={label}
      hint={hint}
      className="input mono"
      rows={2}
      value={text}
      error={wrong ? 'Write JSON, for example {"a": 1}' : undefined}
      onChange={(event) => {
        const typed = event.target.value;
        setText(typed);
        if (typed.trim() === "") {
          setWrong(false);
          onChange(undefined);
          return;
        }
        if (typed.trim() === word) {
          setWrong(false);
          onChange(word);
          return;
        }
        try {
          const parsed: unknown = JSON.parse(typed);
          const isObject = typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
          setWrong(!isObject);
          if (isObject) onChange(parsed);
        } catch {
          setWrong(true);
        }
      }}
    />
  );
}

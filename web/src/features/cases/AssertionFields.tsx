import type { ReactNode } from "react";
import type { AssertionType, Outcome } from "@/api/types";
import { IconButton } from "@/components/Button";
import { Coded } from "@/components/Coded";
import { Checkbox, Select, SelectField, TextAreaField, TextField } from "@/components/Fields";
import { Icon } from "@/components/Icon";
import { VerdictMark } from "@/components/Verdict";
import type { AssertionForm } from "./assertionForm";

interface Props {
  form: AssertionForm;
  /** Its place: `2`, or `2.1` in a set. */
  number: string;
  types: AssertionType[];
  /** What is wrong with a part, by pointer from the assertion. */
  errors: Record<string, string>;
  /** Why it can never fail, if it cannot. */
  flag: string | undefined;
  /** What it found in the sample output. */
  outcome: Outcome | undefined;
  onChange: (form: AssertionForm) => void;
  /** Absent where there is no other one to change places with. */
  onMove: ((by: -1 | 1) => void) | undefined;
  onRemove: () => void;
  /** The assertions of a set. */
  children?: ReactNode;
}

/** One assertion: its type, what the type asks for, and what it found in the sample output. */
export function AssertionFields(props: Props) {
  const { form, number, types, errors, flag, outcome, onChange, onMove, onRemove, children } = props;
  const type = types.find((known) => known.name === form.name);
  // A set cannot be inverted; one that is, somehow, can be put right.
  const hasNot = !type?.takes_assertions || form.inverted;
  return (
    <fieldset className="assertion" aria-label={`Assertion ${number}`}>
      <div className="line">
        {hasNot && (
          <Select
            small
            aria-label="Not"
            value={form.inverted ? "not" : ""}
            onChange={(event) => onChange({ ...form, inverted: event.target.value === "not" })}
          >
            <option value="">is</option>
            <option value="not">not</option>
          </Select>
        )}
        <Select
          small
          aria-label="Type"
          value={form.name}
          onChange={(event) => onChange({ ...form, name: event.target.value, fields: {}, config: {} })}
        >
          {!type && <option value={form.name}>{form.name} (unknown)</option>}
          {types.map((known) => (
            <option key={known.name}>{known.name}</option>
          ))}
        </Select>
        <span className="push line line--tight">
          {onMove && (
            <>
              <IconButton icon="up" label={`Move assertion ${number} up`} onClick={() => onMove(-1)} />
              <IconButton icon="down" label={`Move assertion ${number} down`} onClick={() => onMove(1)} />
            </>
          )}
          <IconButton icon="x" label={`Remove assertion ${number}`} onClick={onRemove} />
        </span>
      </div>
      {type && (
        <p className="hint">
          <Coded text={type.summary} />
        </p>
      )}
      {errors["/type"] && <FieldError>{errors["/type"]}</FieldError>}
      {type && <Value form={form} type={type} errors={errors} onChange={onChange} />}
      {type?.config.map((field) => (
        <FieldInput
          key={field.name}
          field={field}
          value={form.config[field.name] ?? ""}
          error={errors[`/config/${field.name}`]}
          onChange={(text) => onChange({ ...form, config: { ...form.config, [field.name]: text } })}
        />
      ))}
      {type?.threshold && (
        <TextField
          label="Threshold"
          hint={type.threshold}
          className="input num"
          inputMode="decimal"
          value={form.threshold}
          error={errors["/threshold"]}
          onChange={(event) => onChange({ ...form, threshold: event.target.value })}
        />
      )}
      <div className="vars__pair">
        <TextField
          label="Weight"
          hint="in the score"
          className="input num"
          inputMode="decimal"
          value={form.weight}
          error={errors["/weight"]}
          onChange={(event) => onChange({ ...form, weight: event.target.value })}
        />
        <TextField
          label="Metric"
          hint="optional name"
          value={form.metric}
          maxLength={200}
          error={errors["/metric"]}
          onChange={(event) => onChange({ ...form, metric: event.target.value })}
        />
      </div>
      {children}
      {errors["/assert"] && <FieldError>{errors["/assert"]}</FieldError>}
      {flag && (
        <p className="problem t-error">
          <Icon name="info" />
          <span>It can never fail. {flag}</span>
        </p>
      )}
      {outcome && (
        <p className="assertion__outcome small" role="status">
          <VerdictMark mark={outcome.verdict} />
          <span className="wrap">
            <Coded text={outcome.reason} />
          </span>
        </p>
      )}
    </fieldset>
  );
}

function FieldError({ children }: { children: string }) {
  return (
    <span className="field__error">
      <Icon name="error" small />
      <Coded text={children} />
    </span>
  );
}

const NEEDS = {
  required: "",
  expected_output: "empty: the expected output",
  optional: "optional",
  none: "",
} as const;

function Value({
  form,
  type,
  errors,
  onChange,
}: {
  form: AssertionForm;
  type: AssertionType;
  errors: Record<string, string>;
  onChange: (form: AssertionForm) => void;
}) {
  const { kind, need, summary, fields } = type.value;
  if (kind === "none") return null;
  if (kind === "object" && fields.length > 0) {
    return (
      <>
        {errors["/value"] && <FieldError>{errors["/value"]}</FieldError>}
        <div className="vars__pair">
          {fields.map((field) => (
            <FieldInput
              key={field.name}
              field={field}
              value={form.fields[field.name] ?? ""}
              error={errors[`/value/${field.name}`]}
              onChange={(text) => onChange({ ...form, fields: { ...form.fields, [field.name]: text } })}
            />
          ))}
        </div>
      </>
    );
  }
  const shared = {
    label: "Value",
    hint: NEEDS[need],
    note: <Coded text={summary} />,
    error: errors["/value"] && <Coded text={errors["/value"]} />,
    value: form.value,
  };
  if (kind === "number") {
    return (
      <TextField
        {...shared}
        className="input num"
        onChange={(event) => onChange({ ...form, value: event.target.value })}
      />
    );
  }
  return (
    <>
      <TextAreaField
        {...shared}
        className="input mono"
        rows={kind === "schema" || kind === "object" || form.valueIsJson ? 4 : 1}
        onChange={(event) => onChange({ ...form, value: event.target.value })}
      />
      {kind === "any" && (
        <Checkbox
          checked={form.valueIsJson}
          onChange={(event) => onChange({ ...form, valueIsJson: event.target.checked })}
        >
          The value is JSON, compared as data
        </Checkbox>
      )}
    </>
  );
}

function FieldInput({
  field,
  value,
  error,
  onChange,
}: {
  field: AssertionType["config"][number];
  value: string;
  error: string | undefined;
  onChange: (text: string) => void;
}) {
  const shared = { label: field.name, note: <Coded text={field.summary} />, error, value };
  if (field.kind === "choice") {
    return (
      <SelectField {...shared} onChange={(event) => onChange(event.target.value)}>
        <option value="">{field.choices[0] ?? "Not set"}</option>
        {field.choices.slice(1).map((choice) => (
          <option key={choice}>{choice}</option>
        ))}
      </SelectField>
    );
  }
  return (
    <TextField
      {...shared}
      className={field.kind === "text" ? "input mono" : "input num"}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

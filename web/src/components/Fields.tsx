import {
  type InputHTMLAttributes,
  type ReactNode,
  type RefObject,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
  useRef,
} from "react";
import { useHotkeys } from "@/lib/hotkeys";
import { Kbd } from "./Button";
import { Icon } from "./Icon";
import { Select } from "./Select";

export { Select };

interface FieldProps {
  label: ReactNode;
  /** Stands beside the label: type, unit, whether it is needed. */
  hint?: ReactNode;
  /** Stands below, until there is an error. */
  note?: ReactNode;
  error?: ReactNode;
}

interface Ids {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": true | undefined;
}

/** A label, a control and the sentence below it, tied together. */
export function Field({
  label,
  hint,
  note,
  error,
  children,
}: FieldProps & { children: (ids: Ids) => ReactNode }) {
  const id = useId();
  const below = `${id}-below`;
  return (
    <div className="field">
      <label className="field__label" htmlFor={id}>
        {label}
        {hint && <span className="hint">{hint}</span>}
      </label>
      {children({
        id,
        "aria-describedby": error || note ? below : undefined,
        "aria-invalid": error ? true : undefined,
      })}
      {error ? (
        <span className="field__error" id={below}>
          <Icon name="error" small />
          {error}
        </span>
      ) : (
        note && (
          <span className="field__note" id={below}>
            {note}
          </span>
        )
      )}
    </div>
  );
}

export function TextField({
  label,
  hint,
  note,
  error,
  ref,
  ...rest
}: FieldProps & InputHTMLAttributes<HTMLInputElement> & { ref?: RefObject<HTMLInputElement | null> }) {
  return (
    <Field label={label} hint={hint} note={note} error={error}>
      {(ids) => <input className="input" autoComplete="off" {...ids} ref={ref} {...rest} />}
    </Field>
  );
}

export function TextAreaField({
  label,
  hint,
  note,
  error,
  ...rest
}: FieldProps & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  return (
    <Field label={label} hint={hint} note={note} error={error}>
      {(ids) => <textarea className="input" rows={3} {...ids} {...rest} />}
    </Field>
  );
}

export function SelectField({
  label,
  hint,
  note,
  error,
  ...rest
}: FieldProps & SelectHTMLAttributes<HTMLSelectElement>) {
  return (
    <Field label={label} hint={hint} note={note} error={error}>
      {(ids) => <Select {...ids} {...rest} />}
    </Field>
  );
}

export function Checkbox({
  children,
  asSwitch = false,
  ...rest
}: Omit<InputHTMLAttributes<HTMLInputElement>, "type"> & { asSwitch?: boolean; children: ReactNode }) {
  return (
    <label className={`check${asSwitch ? " switch" : ""}`}>
      <input type="checkbox" role={asSwitch ? "switch" : undefined} {...rest} />
      {children}
    </label>
  );
}

/** A search field; `/` goes into it. */
export function Find({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  useHotkeys({ "/": () => input.current?.focus() });
  return (
    <div className="find">
      <Icon name="search" />
      <input
        ref={input}
        className="input input--sm"
        type="search"
        placeholder={label}
        aria-label={label}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          if (value) onChange("");
          else event.currentTarget.blur();
        }}
      />
      {!value && <Kbd>/</Kbd>}
    </div>
  );
}

/** One of few, all visible. */
export function Segments<T extends string>({
  label,
  options,
  value,
  onChange,
}: {
  label: string;
  options: readonly { value: T; label: ReactNode }[];
  value: T;
  onChange: (value: T) => void;
}) {
  return (
    <fieldset className="seg" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </fieldset>
  );
}

import { type ReactNode, type RefObject, useState } from "react";
import { Field } from "@/components/Fields";
import { Icon } from "@/components/Icon";
import "./session.css";

interface Props {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** Tells a password manager what it is. */
  autoComplete: "current-password" | "new-password";
  note?: ReactNode;
  error?: ReactNode;
  autoFocus?: boolean;
  ref?: RefObject<HTMLInputElement | null>;
}

/** A password, which may be looked at while it is typed. */
export function PasswordField({ label, value, onChange, note, error, ...rest }: Props) {
  const [shown, setShown] = useState(false);
  return (
    <Field label={label} note={note} error={error}>
      {(ids) => (
        <span className="password">
          <input
            className="input"
            type={shown ? "text" : "password"}
            autoCapitalize="none"
            spellCheck={false}
            maxLength={512}
            {...ids}
            {...rest}
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
          <button
            type="button"
            className="btn btn--quiet"
            aria-pressed={shown}
            aria-label={`Show ${label.toLowerCase()}`}
            onClick={() => setShown(!shown)}
          >
            {shown ? "Hide" : "Show"}
          </button>
        </span>
      )}
    </Field>
  );
}

const LEAST = 12;
const MOST = 128;
/** A name shorter than that is in too many words by chance. */
const TELLING = 4;

/** The rules that can be looked at here, each with whether the password keeps it. */
function rulesOf(password: string, name: string): { text: string; met: boolean }[] {
  const length = [...password].length;
  const missing = LEAST - length;
  const simple = password.toLowerCase();
  const holdsName = name.length >= TELLING && simple.includes(name.toLowerCase());
  return [
    {
      text:
        length > MOST
          ? `At most ${MOST} characters; this has ${length}`
          : length > 0 && missing > 0
            ? `At least ${LEAST} characters, ${missing} more`
            : `At least ${LEAST} characters; 15 or more are better`,
      met: length >= LEAST && length <= MOST,
    },
    {
      text: "Without your name, promptcards, or one character again and again",
      met:
        length > 0 &&
        !holdsName &&
        !simple.includes("promptcards") &&
        new Set(simple).size > Math.min(5, length / 2),
    },
  ];
}

/** Whether the server may take it. Whether it is easy to guess only the server knows. */
export function isAcceptable(password: string, name: string): boolean {
  return rulesOf(password, name).every(({ met }) => met);
}

/** A new password with its rules. Length counts, kinds of characters do not. */
export function NewPasswordField({
  name,
  ...props
}: Omit<Props, "autoComplete" | "note"> & { name: string }) {
  return (
    <div className="field">
      <PasswordField {...props} autoComplete="new-password" />
      <ul className="rules" aria-label="Rules of a password">
        {rulesOf(props.value, name).map(({ text, met }) => (
          <li key={text} className={met ? "is-met" : undefined}>
            <Icon name={met ? "check" : "stop"} small />
            <span>
              {text}
              {met && <span className="sr">: kept</span>}
            </span>
          </li>
        ))}
        <li>
          <Icon name="info" small />
          <span>Several words in a row are easy to remember and hard to guess</span>
        </li>
      </ul>
    </div>
  );
}

import { useState } from "react";
import { copy } from "@/lib/clipboard";
import { Button } from "./Button";
import { Field } from "./Fields";

/** A text to take along: a link, a key. Where the clipboard is closed, it is selected for the keyboard. */
export function CopyField({ label, value, note }: { label: string; value: string; note?: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <Field label={label} note={note}>
      {(ids) => (
        <span className="copy">
          <input
            className="input mono"
            readOnly
            value={value}
            {...ids}
            onFocus={(event) => event.currentTarget.select()}
          />
          <Button
            icon={copied ? "check" : "copy"}
            className="btn--lg"
            onClick={async (event) => {
              const field = event.currentTarget.parentElement?.querySelector("input");
              if (await copy(value)) setCopied(true);
              else field?.focus();
            }}
          >
            {copied ? "Copied" : "Copy"}
          </Button>
        </span>
      )}
    </Field>
  );
}

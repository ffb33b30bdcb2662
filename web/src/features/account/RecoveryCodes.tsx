import { useState } from "react";
import { Button } from "@/components/Button";
import { toast } from "@/components/toasts";
import { copy } from "@/lib/clipboard";
import { download } from "@/lib/download";

/** The codes that stand in for a lost phone. They are seen this once. */
export function RecoveryCodes({
  codes,
  renewed,
  name,
  onDone,
}: {
  codes: string[];
  /** Others were there before. */
  renewed: boolean;
  name: string;
  onDone: () => void;
}) {
  const [copied, setCopied] = useState(false);
  const text = `Recovery codes of ${name} at ${window.location.host}, each works once\n\n${codes.join("\n")}\n`;
  return (
    <div className="form">
      <p>
        <strong className="medium">
          {renewed ? "Keep these codes, and throw the old ones away." : "Two-factor is on. Keep these codes."}
        </strong>{" "}
        Each signs you in once without your authenticator. They are shown now and never again.
      </p>
      <ol className="codes mono" aria-label="Recovery codes">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ol>
      <div className="line line--wrap">
        <Button
          icon={copied ? "check" : "copy"}
          onClick={async () => {
            if (await copy(text)) setCopied(true);
            else toast("The browser does not allow copying. Select the codes, or download them.");
          }}
        >
          {copied ? "Copied" : "Copy"}
        </Button>
        <Button
          icon="get"
          onClick={() => download("promptcards-recovery-codes.txt", new Blob([text], { type: "text/plain" }))}
        >
          Download
        </Button>
        <Button kind="primary" onClick={onDone}>
          I have kept them
        </Button>
      </div>
    </div>
  );
}

import { Fragment } from "react";
import type { Message } from "@/api/types";
import { IconButton } from "@/components/Button";
import { toast } from "@/components/toasts";
import { copy } from "@/lib/clipboard";

function textOf(message: Message): string {
  return message.content.map((part) => part.text).join("");
}

/** The messages as they were sent. */
export function PromptPart({ prompt, version }: { prompt: Message[]; version: number }) {
  return (
    <section className="part">
      <div className="part__head">
        <h3>Prompt</h3>
        <span className="hint">rendered from v{version}</span>
        <span className="push">
          <IconButton
            icon="copy"
            label="Copy prompt"
            onClick={async () => {
              const copied = await copy(prompt.map(textOf).join("\n\n"));
              toast(copied ? "Prompt copied" : "The browser did not allow copying");
            }}
          />
        </span>
      </div>
      <div className="frame prompt">
        {prompt.map((message, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: messages have no name but their place
          <Fragment key={index}>
            <p className="prompt__role">{message.role}</p>
            <p className="text">{textOf(message)}</p>
          </Fragment>
        ))}
      </div>
    </section>
  );
}

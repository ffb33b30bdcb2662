import { sentence } from "@/api/problem";
import { IconButton } from "@/components/Button";
import { SkeletonLines } from "@/components/States";
import { toast } from "@/components/toasts";
import { plural } from "@/lib/format";
import { messageText } from "../content";
import { substituted } from "./substituted";
import type { LivePreview } from "./usePreview";

/** The prompt as the model would get it, with what was put in set off. */
export function PreviewPart({
  live,
  withoutValue,
}: {
  live: LivePreview;
  /** A variable that the preview needs and that has no value. */
  withoutValue: string | null;
}) {
  const { preview, lastGood, error } = live;
  const messages = lastGood?.preview.messages ?? [];
  const isOld = lastGood !== undefined && preview !== undefined && preview.messages === null;
  const tokens = lastGood?.preview.estimated_tokens ?? null;
  async function copy() {
    await navigator.clipboard.writeText(messages.map(messageText).join("\n\n"));
    toast("Prompt copied.");
  }
  return (
    <section className="part" aria-label="Preview">
      <div className="part__head">
        <h2>Preview</h2>
        {isOld && <span className="hint">last good render</span>}
        <span className="push line line--tight">
          {tokens !== null && (
            <span className="hint num" title="Estimated. The model's own count is in the results of a run.">
              about {plural(tokens, "token")}
            </span>
          )}
          {messages.length > 0 && (
            <IconButton icon="copy" label="Copy the prompt" onClick={() => void copy()} />
          )}
        </span>
      </div>
      {withoutValue && (
        <p className="hint preview__missing">
          <span className="mono">{withoutValue}</span> has no value. Give it one above to see the prompt.
        </p>
      )}
      {lastGood ? (
        <div className="frame">
          {messages.map((message, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: messages have no name but their place
            <div className="msg" key={index}>
              <p className="msg__role">{message.role}</p>
              <p className="msg__preview">
                {substituted(
                  lastGood.content.messages[index] ? messageText(lastGood.content.messages[index]) : "",
                  messageText(message),
                ).map((run, at) =>
                  run.put ? (
                    // biome-ignore lint/suspicious/noArrayIndexKey: the runs of a text have no name but their place
                    <span className="subst" key={at}>
                      {run.text}
                    </span>
                  ) : (
                    run.text
                  ),
                )}
              </p>
            </div>
          ))}
        </div>
      ) : error ? (
        <p className="hint">No preview. {sentence(error)}</p>
      ) : preview ? (
        !withoutValue && <p className="hint">No preview yet: mend what is marked in the template.</p>
      ) : (
        <SkeletonLines label="Rendering" />
      )}
    </section>
  );
}

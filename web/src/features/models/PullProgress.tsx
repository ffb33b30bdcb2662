import { sentence } from "@/api/problem";
import { useRights } from "@/api/sessionState";
import type { Pull } from "@/api/types";
import { Button } from "@/components/Button";
import { Coded } from "@/components/Coded";
import { Meter } from "@/components/Rate";
import { toastFailure } from "@/components/toasts";
import { VerdictMark } from "@/components/Verdict";
import { bytes, duration } from "@/lib/format";
import { useCancelPull, useStartPull } from "./pulls";

/** One model on its way, with what the server does now, how much is there and how long the rest takes. */
export function PullProgress({ pull }: { pull: Pull }) {
  const cancel = useCancelPull(pull.provider);
  const { own } = useRights();
  const total = pull.total_bytes;
  return (
    <div className="pull">
      <p className="line">
        <VerdictMark mark="live" word="On its way" />
        <span className="mono cut">{pull.model}</span>
        <span className="dim cut">{pull.status}</span>
        {own && (
          <Button
            kind="quiet"
            className="push"
            busy={cancel.isPending}
            aria-label={`Cancel the pull of ${pull.model}`}
            onClick={() =>
              cancel.mutate(pull.id, {
                onError: (error) => toastFailure(`Not cancelled. ${sentence(error)}`),
              })
            }
          >
            Cancel
          </Button>
        )}
      </p>
      <Meter shares={[{ kind: "live", value: pull.completed_bytes }]} total={total ?? 0} />
      <p className="pull__figures">
        <span className="num">
          {typeof total === "number"
            ? `${bytes(pull.completed_bytes)} of ${bytes(total)}`
            : "Size not known yet"}
        </span>
        <span className="num push">{speed(pull)}</span>
      </p>
    </div>
  );
}

function speed({ bytes_per_second, total_bytes, completed_bytes }: Pull): string {
  if (typeof bytes_per_second !== "number") return "";
  if (typeof total_bytes === "number" && completed_bytes >= total_bytes) return "";
  const pace = `${bytes(bytes_per_second)}/s`;
  if (typeof total_bytes !== "number" || bytes_per_second === 0) return pace;
  const seconds = Math.ceil((total_bytes - completed_bytes) / bytes_per_second);
  return `${pace}, about ${seconds < 60 ? `${seconds} s` : duration(seconds * 1_000)} left`;
}

/** A pull that did not come to its end: why, and the button that goes on. */
export function PullEnded({ pull, onDismiss }: { pull: Pull; onDismiss: () => void }) {
  const again = useStartPull(pull.provider);
  const failed = pull.state === "failed";
  return (
    <div className="pull">
      <p className="line">
        <VerdictMark mark={failed ? "error" : "none"} word={failed ? "Broke off" : "Cancelled"} />
        <span className="mono cut">{pull.model}</span>
        <span className="line push">
          <Button
            icon="get"
            busy={again.isPending}
            onClick={() =>
              again.mutate(pull.model, { onError: (error) => toastFailure(`Not pulled. ${sentence(error)}`) })
            }
          >
            Pull again
          </Button>
          <Button kind="quiet" aria-label={`Dismiss the pull of ${pull.model}`} onClick={onDismiss}>
            Dismiss
          </Button>
        </span>
      </p>
      <p className={failed ? "wrap" : "hint wrap"}>
        {failed ? (
          <Coded text={`${pull.problem ?? ""} ${pull.remedy ?? ""}`} />
        ) : (
          "Cancelled. What came is kept on the model server; a pull goes on from there."
        )}
      </p>
    </div>
  );
}

import { Link } from "@tanstack/react-router";
import { useRights } from "@/api/sessionState";
import type { ProviderWait, Run } from "@/api/types";
import { Coded } from "@/components/Coded";
import { Icon } from "@/components/Icon";
import { atTime, exact } from "@/lib/time";
import { useSecondsUntil, waiting } from "@/lib/waiting";
import { byProvider, standsStill } from "./waits";

/** Says which model servers a run waits for, why, and what happens next. There only while it waits. */
export function WaitBanner({ run, waits }: { run: Run; waits: readonly ProviderWait[] }) {
  const { admin } = useRights();
  if (waits.length === 0) return null;
  const all = standsStill(run, waits);
  return (
    <section className="banner" aria-label="What this run waits for">
      <Icon name="wait" />
      <div className="run__waits">
        {byProvider(waits).map((wait) => (
          <Wait key={wait.provider} wait={wait} all={all} />
        ))}
      </div>
      {admin && (
        <Link className="btn btn--quiet only-wide" to="/health">
          <Icon name="health" />
          Health
        </Link>
      )}
    </section>
  );
}

function Wait({
  wait: { provider, since, reason, by_hand, probe_at, until },
  all,
}: {
  wait: ProviderWait;
  all: boolean;
}) {
  return (
    <div>
      <p role="status">
        <strong className="medium">
          This run waits for {provider} since {moment(since)}.
        </strong>{" "}
        Nothing is lost{all ? "" : ", and the cells of other servers go on"}. <Coded text={reason} />
      </p>
      <p className="small dim">
        {by_hand ? "It is stopped until an admin lets calls pass." : <NextTry at={probe_at} />} Cells wait
        until {moment(until)}; after that they are errors, to be retried.
      </p>
    </div>
  );
}

/** Counted down, and not read out each second. */
function NextTry({ at }: { at: string | null }) {
  const seconds = useSecondsUntil(at === null ? null : Date.parse(at));
  if (at === null) return "It is being tried now; when it answers, the run goes on by itself.";
  if (seconds === 0) return "It is tried again any moment; when it answers, the run goes on by itself.";
  return (
    <>
      Next try in <span className="num">{waiting(seconds)}</span>; when it answers, the run goes on by itself.
    </>
  );
}

/** The time of a moment, with its day where that is not today. */
function moment(iso: string): string {
  return new Date(iso).toDateString() === new Date().toDateString() ? atTime(iso) : exact(iso);
}

import { useQuery } from "@tanstack/react-query";
import type { LimitPolicy, Limits } from "@/api/types";
import { Allowance } from "@/components/Allowance";
import { Button } from "@/components/Button";
import { usePage } from "@/components/Page";
import { Failure, SkeletonLines } from "@/components/States";
import { count } from "@/lib/format";
import { waiting } from "@/lib/waiting";
import { limitsQuery } from "./queries";

const WORDS: Record<string, { name: string; what: string }> = {
  general: { name: "Requests", what: "everything that this page and your programs ask for" },
  ai: { name: "Model work started", what: "runs and calls of models, not their cells" },
  refresh: { name: "Session renewals", what: "done by the page itself" },
  export: { name: "Exports", what: "a workspace as one file" },
  reports: { name: "Reports of the browser", what: "what the page was kept from doing" },
};

/** What the person may still ask for, kind by kind. */
export function LimitsTab() {
  usePage("Limits");
  const limits = useQuery(limitsQuery);
  if (limits.isError && !limits.data) {
    return <Failure error={limits.error} onRetry={() => void limits.refetch()} />;
  }
  if (!limits.data) return <SkeletonLines label="Loading" lines={6} />;
  return (
    <>
      <div className="list__tools">
        <p className="dim">
          Counted in a window that moves along. Profile: <span className="mono">{limits.data.profile}</span>.
        </p>
        <span className="push">
          <Button icon="retry" busy={limits.isFetching} onClick={() => void limits.refetch()}>
            Look again
          </Button>
        </span>
      </div>
      {limits.data.policies.map((policy) => (
        <Policy key={policy.policy} policy={policy} window={limits.data.window_seconds} />
      ))}
      <AtOnce limits={limits.data} />
    </>
  );
}

function Policy({ policy, window }: { policy: LimitPolicy; window: number }) {
  const { name, what } = WORDS[policy.policy] ?? { name: policy.policy, what: "" };
  const used = policy.limit - policy.remaining;
  return (
    <Allowance
      name={name}
      figures={`${count(policy.remaining)} of ${count(policy.limit)} left`}
      used={used}
      limit={policy.limit}
    >
      in {waiting(window)}
      {what && `: ${what}`}
      {used > 0 && `. There is more in ${waiting(policy.reset_seconds)}`}
    </Allowance>
  );
}

function AtOnce({ limits: { event_streams: streams, model_calls: calls } }: { limits: Limits }) {
  return (
    <section className="section" aria-labelledby="at-once">
      <div className="section__head">
        <h2 id="at-once">At once</h2>
      </div>
      <dl className="facts">
        <dt>Runs and pulls followed</dt>
        <dd className="num">
          {streams.open === null ? "" : `${count(streams.open)} of `}
          {count(streams.limit)}
        </dd>
        <dt>Model calls of everybody</dt>
        <dd className="num">{count(calls.limit)}</dd>
      </dl>
    </section>
  );
}

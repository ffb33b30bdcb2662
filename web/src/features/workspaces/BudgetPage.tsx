import { useQuery } from "@tanstack/react-query";
import { WORKSPACE } from "@/api/client";
import { useRights } from "@/api/sessionState";
import type { BudgetView } from "@/api/types";
import { Allowance } from "@/components/Allowance";
import { Button } from "@/components/Button";
import { KINDS } from "@/components/budget";
import { usePage } from "@/components/Page";
import { Failure, SkeletonLines } from "@/components/States";
import { When } from "@/components/When";
import { atTime, useNow } from "@/lib/time";
import { waiting } from "@/lib/waiting";
import { BudgetForm } from "./BudgetForm";
import { budgetQuery } from "./queries";
import { ReadOnly } from "./ReadOnly";
import "./workspaces.css";

const EVERY_MINUTE = 60_000;

/** What the workspace may use on a day, and what it has used today. */
export function BudgetPage() {
  usePage("Budget");
  const budget = useQuery(budgetQuery);
  const { own } = useRights();
  return (
    <div className="page">
      <div className="page__head">
        <div>
          <h1>Budget</h1>
          <p>
            What the models of the workspace <span className="mono">{WORKSPACE.ws}</span> may be asked for on
            one day
          </p>
        </div>
        <div className="page__acts">
          <Button icon="retry" busy={budget.isFetching} onClick={() => void budget.refetch()}>
            Look again
          </Button>
        </div>
      </div>
      <ReadOnly cannot="set the budget" needs="owner" />
      {budget.isError && !budget.data ? (
        <Failure error={budget.error} onRetry={() => void budget.refetch()} />
      ) : budget.data ? (
        <>
          <Today {...budget.data} />
          {own && <BudgetForm budget={budget.data.budget} />}
        </>
      ) : (
        <SkeletonLines label="Loading" lines={8} />
      )}
    </div>
  );
}

function Today({ budget, used, ends_at, set_by, set_at }: BudgetView) {
  const left = new Date(ends_at).getTime() - useNow(EVERY_MINUTE).getTime();
  return (
    <section className="section" aria-labelledby="today">
      <div className="section__head">
        <h2 id="today">Today</h2>
        <span className="hint">
          {left > 0 ? `The next day begins in ${waiting(Math.ceil(left / 1_000))}` : "The next day has begun"}
          , at {atTime(ends_at)}
        </span>
      </div>
      {KINDS.map(({ of, name, show }) => {
        const spent = Number(used[of]);
        const limit = budget[of] == null ? null : Number(budget[of]);
        return (
          <Allowance
            key={of}
            name={name}
            figures={limit === null ? `${show(spent)}, no limit` : `${show(spent)} of ${show(limit)}`}
            used={spent}
            limit={limit}
          >
            {limit !== null && spent >= limit
              ? "Used up: runs that need more are paused."
              : of === "cost_usd" && "As far as the prices of the models are known."}
          </Allowance>
        );
      })}
      <p className="hint budget__rules">
        Simulated models and answers of earlier runs use nothing. A run that would go beyond a limit pauses
        and says so; it can be resumed on the next day, or with a higher limit.
        {set_at && (
          <>
            {" "}
            Set by {set_by ?? "somebody unknown"}, <When at={set_at} />.
          </>
        )}
      </p>
    </section>
  );
}

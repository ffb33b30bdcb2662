import { useQuery } from "@tanstack/react-query";
import type { Health } from "@/api/types";
import { Button } from "@/components/Button";
import { usePage } from "@/components/Page";
import { Failure } from "@/components/States";
import { toast } from "@/components/toasts";
import { When } from "@/components/When";
import { copy } from "@/lib/clipboard";
import { useNow } from "@/lib/time";
import { DependencyTable } from "./DependencyTable";
import { EventsPart } from "./EventsPart";
import { LastDayPart } from "./LastDayPart";
import { MapPart } from "./MapPart";
import { checksOf, healthQuery } from "./queries";
import { headline, story } from "./states";
import "./health.css";

/** The server looks no more often than that. */
const EVERY_MS = 5_000;
const NOW_MS = 10_000;

/** Everything that the server stands on: how it is, what that costs, and what to do where it is not well. */
export function HealthPage() {
  usePage("Health");
  const { data, error, isError, isFetching, refetch } = useQuery({
    ...healthQuery,
    refetchInterval: EVERY_MS,
  });
  const now = useNow(NOW_MS);
  const checks = data && checksOf(data);
  return (
    <div className="page">
      <div className="page__head">
        <div>
          <h1>{checks ? headline(checks) : "Health"}</h1>
          {checks && <p>{story(checks, now)}</p>}
        </div>
        <div className="page__acts">
          {data && (
            <Button icon="copy" onClick={() => void copyReport(data)}>
              Copy report
            </Button>
          )}
          <Button icon="retry" busy={isFetching} onClick={() => void refetch()}>
            Check now
          </Button>
        </div>
      </div>
      {isError && !data ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <DependencyTable checks={checks} now={now} />
      )}
      {data && checks && (
        <>
          <MapPart parts={data.parts} checks={checks} />
          <LastDayPart health={data} checks={checks} now={now} />
          <EventsPart events={data.events} checks={checks} now={now} />
          <p className="hint health-foot">
            Promptcards {data.version}, started <When at={data.started_at} />. Looked at again every 5 s while
            this page is open.
          </p>
        </>
      )}
    </div>
  );
}

async function copyReport(health: Health): Promise<void> {
  const copied = await copy(JSON.stringify(health, null, 2));
  toast(copied ? "Report copied" : "The browser did not allow copying");
}

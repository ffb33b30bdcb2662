import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ProviderWait } from "@/api/types";
import { usePage } from "@/components/Page";
import { Failure, SkeletonLines } from "@/components/States";
import { count } from "@/lib/format";
import { WaitBanner } from "./head/WaitBanner";
import { patchesOf } from "./live/patches";
import { useRunEvents } from "./live/useRunEvents";
import { waitsQuery } from "./live/waitsQuery";
import { runQuery } from "./queries";
import { RunView } from "./RunView";
import "./run.css";

const route = getRouteApi("/runs/$runId");
const NOTHING: ProviderWait[] = [];

/** A run, live while it is at work. */
export function RunPage() {
  const { runId } = route.useParams();
  const run = useQuery(runQuery(runId));
  const patches = patchesOf(runId);
  const state = run.data?.state;
  const live = state !== undefined && state !== "finished" && state !== "cancelled";
  useRunEvents(runId, live, patches);
  const waits = useQuery({ ...waitsQuery(runId), enabled: live });
  usePage(run.data ? `Run ${count(run.data.number)}` : "Run", [{ label: "Runs", to: "/runs" }]);
  if (run.data) {
    const waiting = (live && waits.data) || NOTHING;
    return (
      <>
        <WaitBanner waits={waiting} run={run.data} />
        <RunView key={runId} run={run.data} waits={waiting} patches={patches} />
      </>
    );
  }
  return (
    <div className="page">
      {run.isError ? (
        <>
          <h1 className="sr">Run</h1>
          <Failure error={run.error} onRetry={() => void run.refetch()} />
        </>
      ) : (
        <SkeletonLines label="Loading the run" lines={8} />
      )}
    </div>
  );
}

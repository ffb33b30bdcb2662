import { getRouteApi, Link } from "@tanstack/react-router";
import { useRights } from "@/api/sessionState";
import type { RunState } from "@/api/types";
import { Kbd } from "@/components/Button";
import { Segments } from "@/components/Fields";
import { Icon } from "@/components/Icon";
import { usePage } from "@/components/Page";
import { ReadOnly } from "@/features/workspaces";
import { RunsTable } from "./RunsTable";

const route = getRouteApi("/runs");

const STATES: readonly { value: RunState | ""; label: string }[] = [
  { value: "", label: "All" },
  { value: "running", label: "Running" },
  { value: "paused", label: "Paused" },
  { value: "finished", label: "Finished" },
  { value: "cancelled", label: "Cancelled" },
];

/** All runs of the workspace. */
export function RunListPage() {
  usePage("Runs");
  const filters = route.useSearch();
  const navigate = route.useNavigate();
  const { edit } = useRights();
  return (
    <div className="page">
      <div className="page__head">
        <h1>Runs</h1>
        <Segments
          label="State"
          options={STATES}
          value={filters.state ?? ""}
          onChange={(state) =>
            void navigate({ search: (before) => ({ ...before, state: state || undefined }) })
          }
        />
        {filters.card && (
          <span className="chip">
            card is {filters.card}
            <Link to="/runs" search={{ ...filters, card: undefined }} aria-label="Runs of all cards">
              <Icon name="x" small />
            </Link>
          </span>
        )}
        {edit && (
          <div className="page__acts">
            <Link
              className="btn btn--primary"
              to="/runs/new"
              search={filters.card ? { card: filters.card } : {}}
            >
              <Icon name="run" />
              New run
              <Kbd>N</Kbd>
            </Link>
          </div>
        )}
      </div>
      <ReadOnly cannot="start runs" />
      <RunsTable filters={filters} />
    </div>
  );
}

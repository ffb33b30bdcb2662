import { createRoute } from "@tanstack/react-router";
import type { RunState } from "@/api/types";
import { readRunAhead } from "@/features/runs";
import { oneOf, text, whole } from "@/lib/searchParams";
import { lazyPage } from "./lazyPage";
import { rootRoute } from "./root";

const STATES: readonly RunState[] = ["queued", "running", "paused", "cancelled", "finished"];

interface RunsSearch {
  card?: string | undefined;
  state?: RunState | undefined;
}

export const runsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/runs",
  validateSearch: (search: Record<string, unknown>): RunsSearch => ({
    card: text(search.card),
    state: oneOf(search.state, STATES),
  }),
  component: lazyPage("RunListPage", () => import("@/features/runs/RunListPage")),
});

interface NewRunSearch {
  /** The card that is chosen already. */
  card?: string | undefined;
  version?: number | undefined;
}

export const newRunRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/runs/new",
  validateSearch: (search: Record<string, unknown>): NewRunSearch => ({
    card: text(search.card),
    version: whole(search.version),
  }),
  component: lazyPage("StartRunPage", () => import("@/features/runs/StartRunPage")),
});

const SHOWN = ["fail", "error", "invalid", "unjudged", "different", "flaky"] as const;

interface RunSearch {
  /** Which rows are shown; absent: all. */
  show?: (typeof SHOWN)[number] | undefined;
  search?: string | undefined;
  /** The number of the cell that is open. */
  cell?: number | undefined;
}

export const runRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/runs/$runId",
  validateSearch: (search: Record<string, unknown>): RunSearch => ({
    show: oneOf(search.show, SHOWN),
    search: text(search.search),
    cell: whole(search.cell),
  }),
  // Nothing waits for it: it only has the answers come while the code of the page does.
  loader: ({ context, params, location }) =>
    readRunAhead(context.queryClient, params.runId, location.search as RunSearch),
  shouldReload: false,
  component: lazyPage("RunPage", () => import("@/features/runs/RunPage")),
});

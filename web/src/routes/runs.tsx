import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import type { RunState } from "@/api/types";
import { oneOf, text, whole } from "@/lib/searchParams";
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
  component: lazyRouteComponent(() => import("@/features/runs/RunListPage"), "RunListPage"),
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
  component: lazyRouteComponent(() => import("@/features/runs/StartRunPage"), "StartRunPage"),
});

export const runRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/runs/$runId",
  component: lazyRouteComponent(() => import("@/features/runs/RunPage"), "RunPage"),
});

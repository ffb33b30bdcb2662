import { createRoute } from "@tanstack/react-router";
import { flag, text, whole } from "@/lib/searchParams";
import { lazyPage } from "./lazyPage";
import { rootRoute } from "./root";

export const membersRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/members",
  component: lazyPage("MembersPage", () => import("@/features/workspaces/MembersPage")),
});

export const budgetRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/budget",
  component: lazyPage("BudgetPage", () => import("@/features/workspaces/BudgetPage")),
});

export const workspacesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/workspaces",
  staticData: { of: "server" },
  component: lazyPage("WorkspacesPage", () => import("@/features/workspaces/WorkspacesPage")),
});

interface PeopleSearch {
  search?: string | undefined;
  /** The id of the account that is open. */
  user?: string | undefined;
  /** The form for an invitation is open. */
  invite?: true | undefined;
}

export const peopleRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/people",
  staticData: { of: "server" },
  validateSearch: (search: Record<string, unknown>): PeopleSearch => ({
    search: text(search.search),
    user: text(search.user),
    invite: flag(search.invite),
  }),
  component: lazyPage("PeoplePage", () => import("@/features/people/PeoplePage")),
});

interface AuditSearch {
  actor?: string | undefined;
  action?: string | undefined;
  object?: string | undefined;
  outcome?: "done" | "refused" | undefined;
  /** Days, as `2026-11-27`. */
  after?: string | undefined;
  before?: string | undefined;
  /** The number of the row that is open. */
  entry?: number | undefined;
}

function day(value: unknown): string | undefined {
  return typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value) ? value : undefined;
}

export const auditRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/audit",
  staticData: { of: "server" },
  validateSearch: (search: Record<string, unknown>): AuditSearch => ({
    actor: text(search.actor),
    action: text(search.action),
    object: text(search.object),
    outcome: search.outcome === "done" || search.outcome === "refused" ? search.outcome : undefined,
    after: day(search.after),
    before: day(search.before),
    entry: whole(search.entry),
  }),
  component: lazyPage("AuditPage", () => import("@/features/audit/AuditPage")),
});

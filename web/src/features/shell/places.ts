import { type Rights, useRights } from "@/api/sessionState";
import type { IconName } from "@/components/Icon";

export interface Place {
  to:
    | "/"
    | "/cards"
    | "/runs"
    | "/models"
    | "/providers"
    | "/outbound"
    | "/members"
    | "/budget"
    | "/health"
    | "/people"
    | "/workspaces"
    | "/audit";
  label: string;
  icon: IconName;
  /** The key after `g`. */
  key: string;
  /** A phone has room for it only in the menu of the account. */
  rare?: true;
}

const WORK: Place[] = [
  { to: "/", label: "Home", icon: "home", key: "h" },
  { to: "/cards", label: "Cards", icon: "card", key: "c" },
  { to: "/runs", label: "Runs", icon: "run", key: "r" },
];
const MODELS: Place = { to: "/models", label: "Models", icon: "model", key: "m" };
const PROVIDERS: Place = { to: "/providers", label: "Providers", icon: "database", key: "v", rare: true };
const WORKSPACE: Place[] = [
  { to: "/members", label: "Members", icon: "people", key: "b", rare: true },
  { to: "/budget", label: "Budget", icon: "budget", key: "d", rare: true },
];
const HEALTH: Place = { to: "/health", label: "Health", icon: "health", key: "s" };
const SERVER: Place[] = [
  { to: "/people", label: "People", icon: "person", key: "p", rare: true },
  { to: "/workspaces", label: "Workspaces", icon: "folder", key: "w", rare: true },
  { to: "/outbound", label: "Outbound", icon: "share", key: "o", rare: true },
  { to: "/audit", label: "Audit log", icon: "book", key: "a", rare: true },
];

/** Where the navigation leads, in groups: only what the person may see. */
export function usePlaces(): Place[][] {
  return placesOf(useRights());
}

function placesOf({ role, admin }: Rights): Place[][] {
  const member = role !== undefined;
  return [
    member ? WORK : WORK.slice(0, 1),
    [...(member ? [MODELS, PROVIDERS] : []), ...(admin ? [HEALTH] : []), ...(member ? WORKSPACE : [])],
    admin ? SERVER : [],
  ].filter((group) => group.length > 0);
}

import type { WorkspaceRole } from "@/api/types";

/** What each role may do, in the order of what it may. */
export const ROLES: readonly { value: WorkspaceRole; label: string; may: string }[] = [
  { value: "viewer", label: "Viewer", may: "reads everything" },
  { value: "editor", label: "Editor", may: "changes cards and cases, and runs them" },
  { value: "owner", label: "Owner", may: "also manages members, models and the budget" },
];

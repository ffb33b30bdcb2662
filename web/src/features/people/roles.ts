import type { ServerRole } from "@/api/types";

/** What an account may be on the server, and what that means. */
export const SERVER_ROLES: readonly { value: ServerRole; label: string; may: string }[] = [
  { value: "user", label: "User", may: "Works in the workspaces they are a member of." },
  { value: "admin", label: "Admin", may: "Also runs the server: accounts, workspaces, limits, audit log." },
  { value: "guest", label: "Guest", may: "Sees what is shared with them, and nothing else." },
];

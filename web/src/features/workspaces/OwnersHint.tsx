import { useQuery } from "@tanstack/react-query";
import { WORKSPACE } from "@/api/client";
import { useRights } from "@/api/sessionState";
import { membersQuery } from "./queries";

const NAMED = 3;

/** Who can give a right in this workspace: its owners, by name. */
export function OwnersHint() {
  const { role } = useRights();
  const members = useQuery({ ...membersQuery, enabled: role !== undefined });
  const owners = (members.data ?? []).filter((member) => member.role === "owner").map(({ name }) => name);
  if (owners.length === 0) return "An admin of this server can help.";
  const shown = owners.slice(0, NAMED);
  const names = shown.length === 1 ? shown[0] : `${shown.slice(0, -1).join(", ")} or ${shown.at(-1)}`;
  return `Ask ${names}: ${owners.length === 1 ? "the owner" : "owners"} of the workspace ${WORKSPACE.ws}.`;
}

import { useRights, useSession } from "@/api/sessionState";
import { Icon } from "@/components/Icon";
import { OwnersHint } from "./OwnersHint";

/** Says why the buttons of a page are not there, to who may read and not change. */
export function ReadOnly({ cannot, needs = "editor" }: { cannot: string; needs?: "editor" | "owner" }) {
  const { role, edit, own } = useRights();
  const session = useSession();
  if (!session || !role || (needs === "editor" ? edit : own)) return null;
  return (
    <p className="read-only hint">
      <Icon name="info" small />
      <span>
        You are {role === "editor" ? "an editor" : "a viewer"} in this workspace: to {cannot} takes the role{" "}
        {needs}. <OwnersHint />
      </span>
    </p>
  );
}

import { ownWorkspaces, useSession } from "@/api/sessionState";
import { homeOf, leave, WORKSPACE } from "@/api/workspace";
import { Select } from "@/components/Select";

/** Which workspace this page is of, for who is in more than one. */
export function WorkspaceSwitch() {
  const session = useSession();
  const workspaces = session ? ownWorkspaces(session) : [];
  if (workspaces.length < 2) return null;
  const here = workspaces.some(({ slug }) => slug === WORKSPACE.ws);
  return (
    <div className="nav__workspace">
      <Select
        small
        aria-label="Workspace"
        value={WORKSPACE.ws}
        onChange={(event) => leave.to(homeOf(event.target.value))}
      >
        {!here && <option value={WORKSPACE.ws}>{WORKSPACE.ws}</option>}
        {workspaces.map(({ slug, name }) => (
          <option key={slug} value={slug}>
            {name}
          </option>
        ))}
      </Select>
    </div>
  );
}

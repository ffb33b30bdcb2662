import { useNavigate } from "@tanstack/react-router";
import { sentence } from "@/api/problem";
import { signOut } from "@/api/session";
import { ownWorkspaces, useSession } from "@/api/sessionState";
import { homeOf, leave, WORKSPACE } from "@/api/workspace";
import { Menu, type MenuItem } from "@/components/Layers";
import { toastFailure } from "@/components/toasts";
import { usePlaces } from "./places";

const ROLES = { admin: "Admin of this server", user: "User", guest: "Guest" } as const;

/** Who is signed in, what is theirs, and the way out. */
export function AccountMenu() {
  const session = useSession();
  const navigate = useNavigate();
  const places = usePlaces();
  if (!session) return null;
  const { name, role } = session.user;
  const workspaces = ownWorkspaces(session);
  async function leaveServer(): Promise<void> {
    try {
      await signOut();
    } catch (error) {
      toastFailure(`You are still signed in. ${sentence(error)}`, () => void leaveServer());
    }
  }
  const own: MenuItem[] = [
    { label: "Profile", icon: "person", onSelect: () => void navigate({ to: "/account" }) },
    { label: "Sessions", icon: "model", onSelect: () => void navigate({ to: "/account/sessions" }) },
    { label: "API keys", icon: "key", onSelect: () => void navigate({ to: "/account/api-keys" }) },
    { label: "Limits", icon: "columns", onSelect: () => void navigate({ to: "/account/limits" }) },
  ];
  // On a phone the navigation has no room for them.
  const rest: MenuItem[] = places
    .flat()
    .filter(({ rare }) => rare)
    .map(({ to, label, icon }, index) => ({
      label,
      icon,
      apart: index === 0,
      narrow: true,
      onSelect: () => void navigate({ to }),
    }));
  const others: MenuItem[] =
    workspaces.length < 2
      ? []
      : workspaces.map((workspace, index) => ({
          label: workspace.name,
          apart: index === 0,
          icon: workspace.slug === WORKSPACE.ws ? "check" : "folder",
          onSelect: () => {
            if (workspace.slug !== WORKSPACE.ws) leave.to(homeOf(workspace.slug));
          },
        }));
  return (
    <Menu
      label={`${initials(name)}, account of ${name}`}
      trigger={
        <span className="avatar" aria-hidden="true">
          {initials(name)}
        </span>
      }
      head={
        <div className="menu__head">
          <span className="medium cut">{name}</span>
          <span className="hint">{ROLES[role]}</span>
        </div>
      }
      items={[
        ...own,
        ...rest,
        ...others,
        { label: "Sign out", icon: "x", apart: true, onSelect: () => void leaveServer() },
      ]}
    />
  );
}

/** Two letters that stand for a name: `mira.lind` is ML, `ada` is AD. */
export function initials(name: string): string {
  const parts = name.split(/[._-]+/).filter(Boolean);
  const [first = "", second] = parts;
  const letters = second ? [...first].slice(0, 1).concat([...second].slice(0, 1)) : [...first].slice(0, 2);
  return letters.join("").toUpperCase();
}

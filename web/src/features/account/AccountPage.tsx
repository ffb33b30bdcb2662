import { Link, Outlet } from "@tanstack/react-router";
import { useSession } from "@/api/sessionState";
import "./account.css";

const TABS = [
  { to: "/account", label: "Profile" },
  { to: "/account/sessions", label: "Sessions" },
  { to: "/account/api-keys", label: "API keys" },
  { to: "/account/limits", label: "Limits" },
  { to: "/account/shared", label: "Shared" },
] as const;

/** What belongs to the person who is signed in. */
export function AccountPage() {
  const session = useSession();
  return (
    <div className="page">
      <div className="page__head">
        <div>
          <h1>{session?.user.name ?? "Account"}</h1>
          {session && (
            <p>{session.user.role === "admin" ? "Admin of this server" : `Role: ${session.user.role}`}</p>
          )}
        </div>
      </div>
      <nav className="tabs" aria-label="Account">
        {TABS.map(({ to, label }) => (
          <Link key={to} to={to} activeOptions={{ exact: true }}>
            {label}
          </Link>
        ))}
      </nav>
      <div className="account__tab">
        <Outlet />
      </div>
    </div>
  );
}

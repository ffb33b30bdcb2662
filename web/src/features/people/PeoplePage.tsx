import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useSession } from "@/api/sessionState";
import type { Account } from "@/api/types";
import { Button } from "@/components/Button";
import { Find } from "@/components/Fields";
import { usePage } from "@/components/Page";
import { Empty, Failure, SkeletonRows } from "@/components/States";
import { onDay } from "@/lib/time";
import { useDebounced } from "@/lib/useDebounced";
import { InviteDialog } from "./InviteDialog";
import { PersonDrawer } from "./PersonDrawer";
import { usersQuery } from "./queries";
import "./people.css";

const route = getRouteApi("/people");

/** Everybody who has an account, and the way for others to get one. */
export function PeoplePage() {
  usePage("People");
  const { search, user, invite } = route.useSearch();
  const navigate = route.useNavigate();
  const users = useQuery(usersQuery);
  const items = users.data?.filter((account) => fits(account, search));
  const [typed, setTyped] = useState(search ?? "");
  const settled = useDebounced(typed.trim(), 200) || undefined;
  useEffect(() => {
    void navigate({ search: (before) => ({ ...before, search: settled }), replace: true });
  }, [settled, navigate]);
  return (
    <div className={user ? "people has-drawer" : "people"}>
      {user && <h1 className="sr alone">People</h1>}
      <div className="page">
        <div className="list__tools">
          <h1>People</h1>
          <Find label="Find by name or e-mail" value={typed} onChange={setTyped} />
          <span className="push">
            <Button
              kind="primary"
              icon="plus"
              onClick={() => void navigate({ search: (before) => ({ ...before, invite: true }) })}
            >
              Invite
            </Button>
          </span>
        </div>
        {users.isError && !items ? (
          <Failure error={users.error} onRetry={() => void users.refetch()} />
        ) : items?.length === 0 ? (
          <Empty title="Nobody fits" actions={<Button onClick={() => setTyped("")}>Show everybody</Button>}>
            No name and no e-mail is like this.
          </Empty>
        ) : (
          <PeopleTable users={items} open={user} />
        )}
      </div>
      {user && (
        <PersonDrawer
          key={user}
          user={user}
          onClose={() => void navigate({ search: (before) => ({ ...before, user: undefined }) })}
        />
      )}
      {invite && (
        <InviteDialog
          onClose={() => void navigate({ search: (before) => ({ ...before, invite: undefined }) })}
        />
      )}
    </div>
  );
}

function fits({ name, email }: Account, search: string | undefined): boolean {
  const sought = search?.toLowerCase() ?? "";
  return [name, email ?? ""].some((text) => text.toLowerCase().includes(sought));
}

function PeopleTable({ users, open }: { users: Account[] | undefined; open: string | undefined }) {
  const me = useSession()?.user.id;
  return (
    <div className="scroll-x">
      <table className="table" aria-busy={users === undefined}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col" className="only-wide opt">
              E-mail
            </th>
            <th scope="col">Role</th>
            <th scope="col" className="only-wide">
              Two-factor
            </th>
            <th scope="col" className="only-wide">
              Since
            </th>
          </tr>
        </thead>
        <tbody>
          {users ? (
            users.map((user) => (
              <tr key={user.id} className={user.id === open ? "is-selected" : undefined}>
                <td className="grow">
                  <span className="line">
                    <Link
                      className="name cut"
                      to="/people"
                      search={(before) => ({ ...before, user: user.id })}
                      aria-current={user.id === open ? "true" : undefined}
                    >
                      {user.name}
                    </Link>
                    {user.id === me && <span className="chip">you</span>}
                    {user.disabled_at && <span className="chip">{user.erased ? "erased" : "disabled"}</span>}
                  </span>
                </td>
                <td className="only-wide opt dim">{user.email ?? <span className="hint">none</span>}</td>
                <td>{user.role}</td>
                <td className="only-wide">{user.two_factor ? "on" : <span className="hint">off</span>}</td>
                <td className="only-wide">{onDay(user.created_at)}</td>
              </tr>
            ))
          ) : (
            <SkeletonRows rows={5} columns={5} />
          )}
        </tbody>
      </table>
    </div>
  );
}

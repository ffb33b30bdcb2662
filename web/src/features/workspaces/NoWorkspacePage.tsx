import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { ownWorkspaces, useRights, useSession } from "@/api/sessionState";
import { homeOf, WORKSPACE } from "@/api/workspace";
import { Button } from "@/components/Button";
import { usePage } from "@/components/Page";
import { Empty } from "@/components/States";
import { SharedList } from "@/features/account";
import { EntryDialog } from "./EntryDialog";

/** Stands in the place of a page of a workspace that the person is no member of. */
export function NoWorkspacePage() {
  usePage("No workspace");
  const session = useSession();
  const { admin } = useRights();
  const [entering, setEntering] = useState(false);
  const own = session ? ownWorkspaces(session) : [];
  return (
    <div className="page">
      <h1 className="sr">No workspace</h1>
      <SharedList />
      <Empty
        title={
          own.length === 0 && !admin
            ? "You are in no workspace yet"
            : `You are no member of the workspace ${WORKSPACE.ws}`
        }
        actions={
          <>
            {own.map(({ slug, name }, index) => (
              <a key={slug} className={index === 0 ? "btn btn--primary" : "btn"} href={homeOf(slug)}>
                {name}
              </a>
            ))}
            {admin && (
              <Link className="btn" to="/workspaces">
                All workspaces
              </Link>
            )}
            {admin && <Button onClick={() => setEntering(true)}>Enter with a reason</Button>}
            {own.length === 0 && (
              <Link className="btn" to="/account">
                Your account
              </Link>
            )}
          </>
        }
      >
        {own.length === 0 && !admin
          ? "A workspace holds cards, cases and runs. An owner of one, or an admin of this server, can add you."
          : "It does not exist, or its owners have not added you."}
        {own.length === 0 && !admin && session && (
          <>
            {" "}
            Give them your id: <span className="mono wrap">{session.user.id}</span>.
          </>
        )}
      </Empty>
      {entering && <EntryDialog slug={WORKSPACE.ws} onClose={() => setEntering(false)} />}
    </div>
  );
}

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useRights } from "@/api/sessionState";
import type { Workspace } from "@/api/types";
import { homeOf, WORKSPACE } from "@/api/workspace";
import { Button, IconButton } from "@/components/Button";
import { usePage } from "@/components/Page";
import { Empty, Failure, SkeletonRows } from "@/components/States";
import { EntryDialog } from "./EntryDialog";
import { NewWorkspaceDialog } from "./NewWorkspaceDialog";
import { workspacesQuery } from "./queries";
import { RenameDialog } from "./RenameDialog";
import "./workspaces.css";

type Open = { what: "new" } | { what: "rename" | "entry"; workspace: Workspace };

/** Every workspace of the server: who is in it decides, an admin makes them. */
export function WorkspacesPage() {
  usePage("Workspaces");
  const workspaces = useQuery(workspacesQuery);
  const { admin } = useRights();
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  return (
    <div className="page">
      <div className="page__head">
        <div>
          <h1>Workspaces</h1>
          <p>Each has its own cards, cases, runs and members. None sees another.</p>
        </div>
        {admin && (
          <div className="page__acts">
            <Button kind="primary" icon="plus" onClick={() => setOpen({ what: "new" })}>
              New workspace
            </Button>
          </div>
        )}
      </div>
      {workspaces.isError && !workspaces.data ? (
        <Failure error={workspaces.error} onRetry={() => void workspaces.refetch()} />
      ) : workspaces.data?.length === 0 ? (
        <Empty title="You are in no workspace yet">
          An owner of one, or an admin of this server, can add you by the id on your profile.
        </Empty>
      ) : (
        <WorkspacesTable workspaces={workspaces.data} onOpen={setOpen} />
      )}
      {open?.what === "new" && <NewWorkspaceDialog onClose={close} />}
      {open?.what === "rename" && <RenameDialog workspace={open.workspace} onClose={close} />}
      {open?.what === "entry" && <EntryDialog slug={open.workspace.slug} onClose={close} />}
    </div>
  );
}

function WorkspacesTable({
  workspaces,
  onOpen,
}: {
  workspaces: Workspace[] | undefined;
  onOpen: (open: Open) => void;
}) {
  const { admin } = useRights();
  return (
    <div className="scroll-x">
      <table className="table" aria-busy={workspaces === undefined}>
        <thead>
          <tr>
            <th scope="col">Workspace</th>
            <th scope="col">You are</th>
            <th scope="col">
              <span className="sr">Change</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {workspaces ? (
            workspaces.map((workspace) => (
              <tr key={workspace.slug}>
                <td className="grow">
                  <span className="line">
                    {workspace.role ? (
                      <a className="name cut" href={homeOf(workspace.slug)}>
                        {workspace.name}
                      </a>
                    ) : (
                      <span className="name cut">{workspace.name}</span>
                    )}
                    <span className="mono dim cut only-wide">{workspace.slug}</span>
                    {workspace.slug === WORKSPACE.ws && <span className="chip">here</span>}
                  </span>
                </td>
                <td>{workspace.role ?? <span className="hint">no member</span>}</td>
                <td className="r">
                  <span className="line line--tight line--end">
                    {admin && !workspace.role && (
                      <Button kind="quiet" onClick={() => onOpen({ what: "entry", workspace })}>
                        Enter
                      </Button>
                    )}
                    {(admin || workspace.role === "owner") && (
                      <IconButton
                        icon="pencil"
                        label={`Rename ${workspace.name}`}
                        onClick={() => onOpen({ what: "rename", workspace })}
                      />
                    )}
                  </span>
                </td>
              </tr>
            ))
          ) : (
            <SkeletonRows rows={3} columns={3} />
          )}
        </tbody>
      </table>
    </div>
  );
}

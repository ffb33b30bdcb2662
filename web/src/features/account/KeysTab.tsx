import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client, read } from "@/api/client";
import { ownWorkspaces, useSession } from "@/api/sessionState";
import type { ApiKey } from "@/api/types";
import { Button } from "@/components/Button";
import { usePage } from "@/components/Page";
import { Empty, Failure } from "@/components/States";
import { toast } from "@/components/toasts";
import { KeyBudgetDialog } from "./KeyBudgetDialog";
import { KeysTable } from "./KeysTable";
import { NewKeyDialog } from "./NewKeyDialog";
import { keysQuery } from "./queries";
import { RevokeDialog } from "./RevokeDialog";

/** The keys with which programs of this person come. */
export function KeysTab() {
  usePage("API keys");
  const keys = useQuery(keysQuery);
  const session = useSession();
  const hasWorkspace = session !== undefined && ownWorkspaces(session).length > 0;
  const [making, setMaking] = useState(false);
  const [limiting, setLimiting] = useState<ApiKey>();
  const [revoking, setRevoking] = useState<ApiKey>();
  return (
    <>
      <div className="list__tools">
        <p className="dim">
          {hasWorkspace
            ? "A key may never do more than you, and nothing once you may not."
            : "A key opens one workspace, and you are in none yet."}
        </p>
        {hasWorkspace && (
          <span className="push">
            <Button kind="primary" icon="plus" onClick={() => setMaking(true)}>
              New key
            </Button>
          </span>
        )}
      </div>
      {keys.isError && !keys.data ? (
        <Failure error={keys.error} onRetry={() => void keys.refetch()} />
      ) : keys.data?.length === 0 ? (
        <Empty title="No API keys yet">
          A program that fetches cards or starts runs sends one with each request.
        </Empty>
      ) : (
        <KeysTable keys={keys.data} onBudget={setLimiting} onRevoke={setRevoking} />
      )}
      {making && <NewKeyDialog onClose={() => setMaking(false)} />}
      {limiting && <KeyBudgetDialog item={limiting} onClose={() => setLimiting(undefined)} />}
      {revoking && <Revoke item={revoking} onClose={() => setRevoking(undefined)} />}
    </>
  );
}

function Revoke({ item, onClose }: { item: ApiKey; onClose: () => void }) {
  const queryClient = useQueryClient();
  const revoke = useMutation({
    mutationFn: () =>
      read(client.DELETE("/api/v1/account/api-keys/{key}", { params: { path: { key: item.id } } })),
    onSuccess: () => {
      toast(`Key revoked: ${item.name}`);
      void queryClient.invalidateQueries({ queryKey: keysQuery.queryKey });
      onClose();
    },
  });
  return (
    <RevokeDialog
      item={item}
      busy={revoke.isPending}
      error={revoke.error}
      onClose={onClose}
      onRevoke={() => revoke.mutate()}
    />
  );
}

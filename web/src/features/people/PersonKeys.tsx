import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client, read } from "@/api/client";
import type { Account, ApiKey } from "@/api/types";
import { Failure } from "@/components/States";
import { toast } from "@/components/toasts";
import { KeysTable, RevokeDialog } from "@/features/account";
import { userKeysQuery } from "./queries";

/** The API keys of an account, which an admin may revoke and never see. */
export function PersonKeys({ user }: { user: Account }) {
  const queryClient = useQueryClient();
  const keys = useQuery(userKeysQuery(user.id));
  const [revoking, setRevoking] = useState<ApiKey>();
  const revoke = useMutation({
    mutationFn: (key: ApiKey) =>
      read(
        client.DELETE("/api/v1/users/{user}/api-keys/{key}", {
          params: { path: { user: user.id, key: key.id } },
        }),
      ),
    onSuccess: (_, key) => {
      toast(`Key revoked: ${key.name}`);
      setRevoking(undefined);
      void queryClient.invalidateQueries({ queryKey: userKeysQuery(user.id).queryKey });
    },
  });
  return (
    <section className="part">
      <div className="part__head">
        <h3>API keys</h3>
      </div>
      {keys.isError && !keys.data ? (
        <Failure error={keys.error} onRetry={() => void keys.refetch()} />
      ) : keys.data?.length === 0 ? (
        <p className="hint">There are none.</p>
      ) : (
        <KeysTable keys={keys.data} narrow onRevoke={setRevoking} />
      )}
      {revoking && (
        <RevokeDialog
          item={revoking}
          busy={revoke.isPending}
          error={revoke.error}
          onClose={() => {
            setRevoking(undefined);
            revoke.reset();
          }}
          onRevoke={() => revoke.mutate(revoking)}
        />
      )}
    </section>
  );
}

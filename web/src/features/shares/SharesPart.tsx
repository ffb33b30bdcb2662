import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { client, read, WORKSPACE } from "@/api/client";
import { sentence } from "@/api/problem";
import type { Share } from "@/api/types";
import { Button } from "@/components/Button";
import { Failure, SkeletonLines } from "@/components/States";
import { toastFailure } from "@/components/toasts";
import { When } from "@/components/When";
import { exact, onDay } from "@/lib/time";
import { type Shareable, sharesQuery } from "./queries";

/** Who can read it now, and how to take that back. */
export function SharesPart({ of }: { of: Shareable }) {
  const shares = useQuery(sharesQuery(of));
  return (
    <section className="part" aria-label="Shares">
      <div className="part__head">
        <h3>Shared so far</h3>
      </div>
      {shares.data ? (
        shares.data.length === 0 ? (
          <p className="hint">Nobody reads this but the members of the workspace.</p>
        ) : (
          <ul className="shares">
            {shares.data.map((share) => (
              <ShareItem key={share.id} share={share} of={of} />
            ))}
          </ul>
        )
      ) : shares.isError ? (
        <Failure error={shares.error} onRetry={() => void shares.refetch()} />
      ) : (
        <SkeletonLines label="Loading shares" lines={2} />
      )}
    </section>
  );
}

function ShareItem({ share, of }: { share: Share; of: Shareable }) {
  const queryClient = useQueryClient();
  const revoke = useMutation({
    mutationFn: () =>
      read(
        client.DELETE("/api/v1/workspaces/{ws}/shares/{share}", {
          params: { path: { ...WORKSPACE, share: share.id } },
        }),
      ),
    onError: (error) => toastFailure(`The share stays. ${sentence(error)}`, () => revoke.mutate()),
    onSettled: () => queryClient.invalidateQueries({ queryKey: sharesQuery(of).queryKey }),
  });
  const who = [...(share.link ? ["Whoever has the link"] : []), ...share.accounts].join(", ");
  return (
    <li>
      <span className="shares__who">
        {who}
        {!share.works && (
          <span className="chip" title="Its maker may not share any more, or the card is archived.">
            does not work now
          </span>
        )}
      </span>
      <span className="hint">
        by {share.created_by}, <When at={share.created_at} />, until{" "}
        <time dateTime={share.expires_at} title={exact(share.expires_at)}>
          {onDay(share.expires_at)}
        </time>
      </span>
      <Button
        kind="quiet"
        busy={revoke.isPending}
        onClick={() => revoke.mutate()}
        aria-label={`Revoke: ${who}`}
      >
        Revoke
      </Button>
    </li>
  );
}

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { client, read } from "@/api/client";
import { sentence } from "@/api/problem";
import { signOut } from "@/api/session";
import type { SessionItem } from "@/api/types";
import { Button } from "@/components/Button";
import { usePage } from "@/components/Page";
import { Failure, SkeletonRows } from "@/components/States";
import { toast, toastFailure } from "@/components/toasts";
import { When } from "@/components/When";
import { plural } from "@/lib/format";
import { onDay } from "@/lib/time";
import { sessionsQuery } from "./queries";
import { browserOf } from "./userAgent";

/** Where the account is signed in, and how to end that. */
export function SessionsTab() {
  usePage("Sessions");
  const queryClient = useQueryClient();
  const sessions = useQuery(sessionsQuery);
  const others = sessions.data?.filter(({ current }) => !current).length ?? 0;
  const endOthers = useMutation({
    mutationFn: () => read(client.DELETE("/api/v1/account/sessions")),
    onSuccess: () => toast(`${plural(others, "session")} ended. Only this one is left.`),
    onError: (error) => toastFailure(`The sessions go on. ${sentence(error)}`, () => endOthers.mutate()),
    onSettled: () => queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  });
  if (sessions.isError && !sessions.data) {
    return <Failure error={sessions.error} onRetry={() => void sessions.refetch()} />;
  }
  return (
    <>
      <div className="list__tools">
        <p className="dim">A session that you do not know: end it, and change your password.</p>
        <span className="push">
          <Button
            kind="danger"
            busy={endOthers.isPending}
            disabled={others === 0}
            title={others === 0 ? "There is no other session" : undefined}
            onClick={() => endOthers.mutate()}
          >
            End all others
          </Button>
        </span>
      </div>
      <div className="scroll-x">
        <table className="table" aria-busy={sessions.data === undefined}>
          <thead>
            <tr>
              <th scope="col">Browser or program</th>
              <th scope="col" className="only-wide">
                Address
              </th>
              <th scope="col">Last seen</th>
              <th scope="col" className="only-wide">
                Signed in
              </th>
              <th scope="col" className="only-wide">
                Ends
              </th>
              <th scope="col">
                <span className="sr">End</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {sessions.data ? (
              sessions.data.map((session) => <SessionRow key={session.id} session={session} />)
            ) : (
              <SkeletonRows rows={3} columns={6} />
            )}
          </tbody>
        </table>
      </div>
    </>
  );
}

function SessionRow({ session }: { session: SessionItem }) {
  const queryClient = useQueryClient();
  const end = useMutation({
    mutationFn: () =>
      session.current
        ? signOut()
        : read(
            client.DELETE("/api/v1/account/sessions/{session}", {
              params: { path: { session: session.id } },
            }),
          ),
    onSuccess: () => toast("Session ended"),
    onError: (error) => toastFailure(`The session goes on. ${sentence(error)}`, () => end.mutate()),
    onSettled: () => queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  });
  return (
    <tr>
      <td className="grow">
        <span className="line">
          <span className="name cut" title={session.user_agent}>
            {browserOf(session.user_agent)}
          </span>
          {session.current && <span className="chip">this one</span>}
        </span>
      </td>
      <td className="mono dim only-wide">{session.address ?? <span className="hint">not kept</span>}</td>
      <td>{session.current ? "now" : <When at={session.last_seen_at} />}</td>
      <td className="only-wide">
        <When at={session.created_at} />
      </td>
      <td className="only-wide">{onDay(session.expires_at)}</td>
      <td className="r">
        <Button kind="quiet" busy={end.isPending} onClick={() => end.mutate()}>
          {session.current ? "Sign out" : "End"}
        </Button>
      </td>
    </tr>
  );
}

import { useQuery } from "@tanstack/react-query";
import { Button } from "@/components/Button";
import { Empty, Failure, SkeletonRows } from "@/components/States";
import { When } from "@/components/When";
import { count } from "@/lib/format";
import { hostsQuery } from "./queries";

/** Everybody whom the server ever called: who is not here was sent nothing. */
export function HostsPart() {
  const hosts = useQuery(hostsQuery);
  return (
    <section className="section" aria-label="Was called">
      <div className="section__head">
        <h2>Was called</h2>
        <span className="push">
          <Button kind="quiet" icon="retry" busy={hosts.isFetching} onClick={() => void hosts.refetch()}>
            Refresh
          </Button>
        </span>
      </div>
      {hosts.isError && !hosts.data ? (
        <Failure error={hosts.error} onRetry={() => void hosts.refetch()} />
      ) : hosts.data?.length === 0 ? (
        <Empty title="Nobody yet">This server has called nothing since its database was made.</Empty>
      ) : (
        <div className="scroll-x">
          <table className="table" aria-busy={hosts.data === undefined}>
            <thead>
              <tr>
                <th scope="col">Host</th>
                <th scope="col" className="r">
                  Calls
                </th>
                <th scope="col" className="only-wide">
                  First
                </th>
                <th scope="col">Last</th>
              </tr>
            </thead>
            <tbody>
              {hosts.data ? (
                hosts.data.map(({ endpoint, calls, first_at, last_at }) => (
                  <tr key={endpoint}>
                    <td className="grow mono wrap">{endpoint}</td>
                    <td className="r num">{count(calls)}</td>
                    <td className="only-wide">
                      <When at={first_at} />
                    </td>
                    <td>
                      <When at={last_at} />
                    </td>
                  </tr>
                ))
              ) : (
                <SkeletonRows rows={3} columns={4} />
              )}
            </tbody>
          </table>
        </div>
      )}
      <p className="hint">
        Everybody whom this server ever called, counted whether they answered or not. Who is not in this list
        was sent nothing.
      </p>
    </section>
  );
}

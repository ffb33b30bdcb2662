import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button } from "@/components/Button";
import { Coded } from "@/components/Coded";
import { usePage } from "@/components/Page";
import { Failure, SkeletonRows } from "@/components/States";
import { When } from "@/components/When";
import { duration } from "@/lib/format";
import { CheckMark } from "./ChecksList";
import { healthQuery } from "./queries";
import "./health.css";

const WORDS = { pass: "Works", warn: "Needs a look", fail: "Does not work" } as const;

/** Every part that the server stands on: how it is, and what to do where it is not well. */
export function HealthPage() {
  usePage("Health");
  const { data, error, isError, isFetching, refetch } = useQuery(healthQuery);
  return (
    <div className="page">
      <div className="page__head">
        <div>
          <h1>Health</h1>
          {data && (
            <p>
              Version {data.version}, started <When at={data.started_at} />. Asked again every 15 s.
            </p>
          )}
        </div>
        <div className="page__acts">
          <Button icon="retry" busy={isFetching} onClick={() => void refetch()}>
            Check now
          </Button>
        </div>
      </div>
      {isError && !data ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <div className="scroll-x">
          <table className="table health-table" aria-busy={data === undefined}>
            <thead>
              <tr>
                <th scope="col">Part</th>
                <th scope="col">State</th>
                <th scope="col">What was found</th>
                <th scope="col" className="only-wide">
                  What to do
                </th>
                <th scope="col" className="r only-wide">
                  Took
                </th>
              </tr>
            </thead>
            <tbody>
              {data ? (
                data.checks.map((check) => (
                  <tr key={`${check.component} ${check.name}`}>
                    <td>
                      <span className="name">{check.name}</span>{" "}
                      <span className="hint only-wide">{check.component}</span>
                    </td>
                    <td>
                      <span className="line line--tight">
                        <CheckMark status={check.status} />
                        <span aria-hidden="true" className="only-wide">
                          {WORDS[check.status]}
                        </span>
                      </span>
                    </td>
                    <td className="wrap">
                      <Coded text={check.detail} />
                      {check.remedy && (
                        <p className="only-narrow dim">
                          <Coded text={check.remedy} />
                        </p>
                      )}
                      {check.component === "provider" && check.status !== "pass" && (
                        <p>
                          <Link to="/models" search={{ diagnose: check.name }}>
                            Diagnose
                          </Link>
                        </p>
                      )}
                    </td>
                    <td className="wrap only-wide">
                      {check.remedy ? <Coded text={check.remedy} /> : <span className="hint">nothing</span>}
                    </td>
                    <td className="r num only-wide">
                      {typeof check.observed_ms === "number" ? (
                        duration(check.observed_ms)
                      ) : (
                        <span className="hint">not timed</span>
                      )}
                    </td>
                  </tr>
                ))
              ) : (
                <SkeletonRows rows={5} columns={5} />
              )}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

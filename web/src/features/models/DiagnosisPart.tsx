import { queryOptions, useQuery } from "@tanstack/react-query";
import { client, read, WORKSPACE } from "@/api/client";
import type { Diagnosis, Provider } from "@/api/types";
import { Button, IconButton } from "@/components/Button";
import { Coded } from "@/components/Coded";
import { Icon } from "@/components/Icon";
import { Failure, SkeletonLines } from "@/components/States";
import { type Mark, VerdictMark } from "@/components/Verdict";
import { copy } from "@/lib/clipboard";

const MARKS: Record<Diagnosis["steps"][number]["outcome"], Mark> = {
  works: "pass",
  fails: "error",
  note: "none",
};
const WORDS = { works: "Works", fails: "Does not work", note: "To know" } as const;

/** Asked once for each press of the button, and kept no longer than it is looked at. */
function diagnosisQuery(providerId: string) {
  return queryOptions({
    queryKey: ["providers", providerId, "diagnosis"],
    queryFn: ({ signal }) =>
      read(
        client.POST("/api/v1/workspaces/{ws}/providers/{provider}/diagnose", {
          params: { path: { ...WORKSPACE, provider: providerId } },
          body: {},
          signal,
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
}

/** What was tried to reach a server, what answered, and the lines to write. */
export function DiagnosisPart({ provider, onClose }: { provider: Provider; onClose: () => void }) {
  const { data, error, isError, isFetching, refetch } = useQuery(diagnosisQuery(provider.id));
  return (
    <section className="diagnosis" aria-label={`Diagnosis of ${provider.name}`} aria-busy={isFetching}>
      <div className="part__head">
        <h3>Diagnosis</h3>
        <span className="line push">
          <Button kind="quiet" icon="retry" busy={isFetching} onClick={() => void refetch()}>
            Again
          </Button>
          <IconButton icon="x" label="Close the diagnosis" onClick={onClose} />
        </span>
      </div>
      {isError && <Failure error={error} onRetry={() => void refetch()} />}
      {!data && !isError && <SkeletonLines label={`Looking for ${provider.name}`} />}
      {data && <Found diagnosis={data} />}
    </section>
  );
}

function Found({ diagnosis: { works, conclusion, configuration, steps } }: { diagnosis: Diagnosis }) {
  return (
    <>
      <p className="diagnosis__conclusion" role="status">
        <Icon name={works ? "pass" : "error"} />
        <span>
          <Coded text={conclusion} />
        </span>
      </p>
      {configuration && (
        <div className="frame">
          <div className="frame__head">
            promptcards.toml, in the section of this provider
            <Button kind="quiet" icon="copy" className="push" onClick={() => void copy(configuration)}>
              Copy
            </Button>
          </div>
          <pre className="text">{configuration}</pre>
        </div>
      )}
      <ul className="checks" aria-label="What was tried">
        {steps.map((step) => (
          <li key={`${step.tried} ${step.found}`}>
            <VerdictMark mark={MARKS[step.outcome]} word={WORDS[step.outcome]} />
            <div>
              <p className="mono small wrap">{step.tried}</p>
              <p className="dim wrap">
                <Coded text={step.found} />
              </p>
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}

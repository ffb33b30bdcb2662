import { useQuery } from "@tanstack/react-query";
import { sentence } from "@/api/problem";
import type { Case, CaseContent } from "@/api/types";
import { Button } from "@/components/Button";
import { Diff } from "@/components/Diff";
import { When } from "@/components/When";
import { caseQuery } from "./queries";

/** Two people edited the case: shows both texts and lets one of them choose. */
export function StaleNotice({
  suiteId,
  caseId,
  mine,
  onMine,
  onTheirs,
}: {
  suiteId: string;
  caseId: string;
  mine: CaseContent;
  onMine: (etag: string) => void;
  onTheirs: (theirs: Case) => void;
}) {
  const theirs = useQuery({ ...caseQuery(suiteId, caseId), staleTime: 0, refetchOnMount: "always" });
  const item = theirs.isFetching ? undefined : theirs.data;
  return (
    <div className="stale" role="alert">
      <p>
        <strong className="medium">Someone changed this case before you.</strong>{" "}
        {item && (
          <>
            Theirs was saved <When at={item.updated_at} />.{" "}
          </>
        )}
        What you typed is still here.
      </p>
      {item && (
        <>
          <p className="hint after">From theirs, with a minus, to yours, with a plus.</p>
          <Diff before={JSON.stringify(item.content, null, 2)} after={JSON.stringify(mine, null, 2)} />
          <div className="line after">
            <Button onClick={() => onTheirs(item)}>Take theirs</Button>
            <Button kind="primary" onClick={() => onMine(item.etag)}>
              Save mine over it
            </Button>
          </div>
        </>
      )}
      {theirs.isError && <p className="t-error small after">{sentence(theirs.error)}</p>}
    </div>
  );
}

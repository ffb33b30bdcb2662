import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "@/components/Button";
import { Find } from "@/components/Fields";
import { Dialog } from "@/components/Layers";
import { LoadMore } from "@/components/LoadMore";
import { Empty, Failure, SkeletonLines } from "@/components/States";
import { casesQuery, caseTitle } from "@/features/cases";
import { useDebounced } from "@/lib/useDebounced";

/** Fills the variables with those of a case. */
export function LoadCase({
  suiteId,
  onLoad,
}: {
  suiteId: string;
  onLoad: (variables: Record<string, unknown>) => void;
}) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button kind="quiet" icon="get" onClick={() => setOpen(true)}>
        Load a case
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title="Load a case">
        <CaseChoice
          suiteId={suiteId}
          onChoose={(variables) => {
            onLoad(variables);
            setOpen(false);
          }}
        />
      </Dialog>
    </>
  );
}

function CaseChoice({
  suiteId,
  onChoose,
}: {
  suiteId: string;
  onChoose: (variables: Record<string, unknown>) => void;
}) {
  const [typed, setTyped] = useState("");
  const search = useDebounced(typed.trim(), 200) || undefined;
  const cases = useInfiniteQuery({ ...casesQuery(suiteId, { search }), placeholderData: (before) => before });
  const items = cases.data?.pages.flatMap((page) => page.items);
  return (
    <div className="stack">
      <Find label="Find in cases" value={typed} onChange={setTyped} />
      {cases.isError && !items && <Failure error={cases.error} onRetry={() => void cases.refetch()} />}
      {!items && !cases.isError && <SkeletonLines label="Loading cases" />}
      {items?.length === 0 && (
        <Empty title={search ? "No case fits" : "No cases yet"}>
          {search ? "No description, variable or expected output is like this." : "Add one in the tab Cases."}
        </Empty>
      )}
      <ul className="choices">
        {items?.map((item) => (
          <li key={item.id}>
            <button
              type="button"
              className="menu__item"
              onClick={() => onChoose(item.content.variables ?? {})}
            >
              <span className="num dim">{item.position}</span>
              <span className="cut">{caseTitle(item.content)}</span>
            </button>
          </li>
        ))}
      </ul>
      <LoadMore pages={cases} />
    </div>
  );
}

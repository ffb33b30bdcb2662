import { useQuery } from "@tanstack/react-query";
import type { Run } from "@/api/types";
import { Find } from "@/components/Fields";
import { count } from "@/lib/format";
import { isActive, type RowFilter, rowsQuery } from "./queries";

const COUNT_EVERY_MS = 5_000;

interface Choice {
  show: RowFilter;
  label: string;
  figure?: number | undefined;
  /** Why it cannot be chosen. */
  why?: string | undefined;
}

/** Which rows are shown: by what happened in them, and by a text in them. */
export function RunTools({
  run,
  show,
  search,
  onShow,
  onSearch,
}: {
  run: Run;
  show: RowFilter;
  search: string;
  onShow: (show: RowFilter) => void;
  onSearch: (search: string) => void;
}) {
  const { counts } = run;
  const differ = run.columns.length > 1;
  const flaky = run.repeats > 1;
  const choices: Choice[] = [
    { show: "all", label: "All" },
    { show: "fail", label: "Failures", figure: counts.fail },
    { show: "error", label: "Errors", figure: counts.error },
    { show: "invalid", label: "Invalid", figure: counts.invalid },
    {
      show: "different",
      label: "Different",
      figure: useMatched(run, "different", differ),
      why: differ ? undefined : "Needs 2 or more columns",
    },
    {
      show: "flaky",
      label: "Flaky",
      figure: useMatched(run, "flaky", flaky),
      why: flaky ? undefined : "Needs 2 or more repeats of each case",
    },
  ];
  if (counts.unjudged > 0) choices.push({ show: "unjudged", label: "No assertion", figure: counts.unjudged });
  return (
    <div className="run__tools">
      <fieldset className="seg seg--scroll" aria-label="Show">
        {choices.map((choice) => (
          <button
            key={choice.show}
            type="button"
            aria-pressed={choice.show === show}
            aria-disabled={choice.why ? true : undefined}
            title={choice.why}
            onClick={choice.why ? undefined : () => onShow(choice.show)}
          >
            {choice.label}
            {choice.figure !== undefined && <span className="num">{count(choice.figure)}</span>}
            {choice.why && <span className="sr">{choice.why}</span>}
          </button>
        ))}
      </fieldset>
      <Find label="Find in cases and outputs" value={search} onChange={onSearch} />
    </div>
  );
}

function useMatched(run: Run, show: RowFilter, enabled: boolean): number | undefined {
  const { data } = useQuery({
    ...rowsQuery(run.id, show, ""),
    enabled,
    refetchInterval: isActive(run) ? COUNT_EVERY_MS : false,
    select: ({ matched }) => matched,
  });
  return data;
}

import { useQuery } from "@tanstack/react-query";
import type { CellView, Run } from "@/api/types";
import { IconButton, Kbd } from "@/components/Button";
import { Drawer } from "@/components/Drawer";
import { Failure, SkeletonLines } from "@/components/States";
import { toast } from "@/components/toasts";
import { Simulated, VerdictChip } from "@/components/Verdict";
import { copy } from "@/lib/clipboard";
import { count } from "@/lib/format";
import { useHotkeys } from "@/lib/hotkeys";
import { markOf, wordOf } from "../matrix/CellContent";
import { cellQuery } from "../windows";
import { AttemptsPart } from "./AttemptsPart";
import { CasePart } from "./CasePart";
import { ExpectedPart } from "./ExpectedPart";
import { OutputPart } from "./OutputPart";
import { PromptPart } from "./PromptPart";
import { ProvenancePart } from "./ProvenancePart";
import { TimingPart } from "./TimingPart";
import { WhyPart } from "./WhyPart";

interface Props {
  run: Run;
  position: number;
  onStep: (by: 1 | -1) => void;
  onClose: () => void;
}

/** Everything that is known of a cell of the workspace. */
export function CellDrawer(props: Props) {
  const found = useQuery(cellQuery(props.run.id, props.position));
  return <CellDrawerOf {...props} found={found} linked />;
}

interface Found {
  data: CellView | undefined;
  error: unknown;
  refetch: () => unknown;
}

/** Everything that is known of a cell that somebody else reads. `linked`: it has an address of its own. */
export function CellDrawerOf({
  run,
  position,
  found: { data: cell, error, refetch },
  linked = false,
  onStep,
  onClose,
}: Props & { found: Found; linked?: boolean }) {
  useHotkeys({ j: () => onStep(1), k: () => onStep(-1) });
  return (
    <Drawer
      title={cell ? <Title run={run} cell={cell} /> : `Cell ${count(position)}`}
      head={
        <>
          <IconButton icon="up" label="Previous cell (K)" onClick={() => onStep(-1)} />
          <IconButton icon="down" label="Next cell (J)" onClick={() => onStep(1)} />
          {linked && (
            <IconButton icon="copy" label="Copy link to this cell" onClick={() => void copyLink(position)} />
          )}
        </>
      }
      foot={
        <span className="push hint line line--tight only-wide">
          <Kbd>J</Kbd> <Kbd>K</Kbd> next, previous <Kbd>Esc</Kbd> closes
        </span>
      }
      onClose={onClose}
    >
      {cell ? (
        <Parts cell={cell} run={run} />
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <SkeletonLines label="Loading the cell" lines={8} />
      )}
    </Drawer>
  );
}

function Title({ run, cell }: { run: Run; cell: CellView }) {
  const { summary, model, card } = cell;
  const word = wordOf(summary);
  return (
    <span className="line">
      <VerdictChip mark={markOf(summary)} {...(word ? { word } : {})} />
      <span className="cut">
        Case {count(summary.case_position + 1)}
        {run.repeats > 1 && (
          <span className="dim">
            , {summary.repeat + 1} of {run.repeats}
          </span>
        )}{" "}
        <span className="dim">on</span> <span className="mono">{model.model}</span>
        {run.cards.length > 1 && <span className="dim"> v{card.version}</span>}
      </span>
      {model.simulated && <Simulated />}
    </span>
  );
}

function Parts({ cell, run }: { cell: CellView; run: Run }) {
  const { result } = cell;
  return (
    <>
      <WhyPart cell={cell} run={run} />
      {result && <OutputPart cell={cell} result={result} key={cell.summary.position} />}
      <ExpectedPart outcomes={cell.outcomes} />
      <CasePart item={cell.case} />
      {result && result.prompt.length > 0 && (
        <PromptPart prompt={result.prompt} version={cell.card.version} />
      )}
      {result && cell.summary.verdict !== "error" && <TimingPart result={result} cell={cell} />}
      {cell.attempts.length > 0 && <AttemptsPart attempts={cell.attempts} />}
      <ProvenancePart cell={cell} />
    </>
  );
}

async function copyLink(position: number): Promise<void> {
  const link = new URL(window.location.href);
  link.search = `?cell=${position}`;
  link.hash = "";
  toast((await copy(link.href)) ? "Link copied" : "The browser did not allow copying");
}

import type { Column, Run } from "@/api/types";
import { IntervalLine } from "@/components/Rate";
import { Simulated } from "@/components/Verdict";
import { count, dollars, duration, percent, plural } from "@/lib/format";
import { wilson } from "@/lib/wilson";

/** The columns: one version on one model, with its rate so far. */
export function MatrixHead({ run, shown }: { run: Run; shown: number }) {
  const rows = run.case_count * run.repeats;
  return (
    <thead>
      <tr aria-rowindex={1}>
        <th className="c-case" scope="col">
          <div className="head__rows">
            <span>Case</span>
            <span className="hint num">
              {shown === rows ? plural(rows, "row") : `${count(shown)} of ${plural(rows, "row")}`}
            </span>
          </div>
        </th>
        {run.columns.map((column) => (
          <ColumnHead key={column.position} run={run} column={column} />
        ))}
      </tr>
    </thead>
  );
}

function ColumnHead({ run, column }: { run: Run; column: Column }) {
  const model = run.models[column.model_position];
  const card = run.cards[column.version_position];
  const several = new Set(run.cards.map(({ slug }) => slug)).size > 1;
  return (
    <th scope="col">
      <div className="head__rows">
        <span className="line line--tight">
          <span className="mono cut" title={model?.model}>
            {model?.model}
          </span>
          {model?.simulated && <Simulated />}
          <span className="chip push cut-chip" title={card?.title}>
            {several && `${card?.slug} `}v{card?.version}
          </span>
        </span>
        {model?.simulated && !run.simulated ? <NotCounted column={column} /> : <ColumnRate column={column} />}
      </div>
    </th>
  );
}

function ColumnRate({ column: { counts, latency_ms_mean, cost_usd, interval } }: { column: Column }) {
  const judged = counts.pass + counts.fail;
  const range = interval ?? wilson(counts.pass, judged);
  if (range === null) {
    return (
      <>
        <span className="line">
          <span className="head__rate head__rate--none">no data</span>
        </span>
        <svg className="ci" aria-hidden="true">
          <line className="ci__axis" x1="0" x2="100%" y1="6" y2="6" />
        </svg>
        <span className="hint">No cell is judged yet</span>
      </>
    );
  }
  return (
    <>
      <span className="line">
        <span className="head__rate">{percent(counts.pass / judged)}%</span>
        <span className="hint num">
          95% {percent(range.low)}–{percent(range.high)}
        </span>
      </span>
      <IntervalLine share={counts.pass / judged} interval={range} />
      <span className="hint num cut">
        {count(counts.pass)} of {count(judged)} pass
        {latency_ms_mean !== null && `, ${duration(latency_ms_mean)} each`}
        {cost_usd !== null && `, ${dollars(Number(cost_usd))}`}
      </span>
    </>
  );
}

/** Beside models that were asked, simulated answers make no rate. */
function NotCounted({ column: { counts } }: { column: Column }) {
  return (
    <>
      <span className="line">
        <span className="head__rate head__rate--none">not counted</span>
      </span>
      <svg className="ci" aria-hidden="true">
        <line className="ci__axis" x1="0" x2="100%" y1="6" y2="6" />
      </svg>
      <span className="hint num cut">
        {count(counts.pass)} pass, {count(counts.fail)} fail
      </span>
    </>
  );
}

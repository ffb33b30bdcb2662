import { Fragment } from "react";
import type { Outcome } from "@/api/types";

/** What failed assertions wanted, and what they found instead. */
export function ExpectedPart({ outcomes }: { outcomes: Outcome[] }) {
  const failed = outcomes.filter(
    ({ verdict, expected, actual }) => verdict === "fail" && expected !== undefined && actual !== undefined,
  );
  if (failed.length === 0) return null;
  return (
    <section className="part">
      <div className="part__head">
        <h3>Expected and actual</h3>
      </div>
      <div className="frame diff">
        {failed.map(({ type, expected, actual }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: assertions have no name but their place
          <Fragment key={index}>
            <div className="diff__line--pair">
              <span>Expected{failed.length > 1 && `, ${type}`}</span>
              <span className="diff__t">
                <ins>{expected}</ins>
              </span>
            </div>
            <div className="diff__line--pair">
              <span>Actual</span>
              <span className="diff__t">
                <del>{actual}</del>
              </span>
            </div>
          </Fragment>
        ))}
      </div>
    </section>
  );
}

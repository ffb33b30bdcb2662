import type { CardContent } from "@/api/types";
import { Diff } from "@/components/Diff";
import { changedSections } from "../content";

/** Everything that differs between two contents of a card, part by part. */
export function Changes({
  before,
  after,
  split = false,
}: {
  before: CardContent | undefined;
  after: CardContent;
  split?: boolean;
}) {
  const sections = changedSections(before, after);
  if (sections.length === 0) return <p className="hint after">Nothing differs.</p>;
  return sections.map((section) => (
    <section className="change" key={section.title} aria-label={`Change of ${section.title}`}>
      <h3 className="change__title">{section.title}</h3>
      <Diff before={section.before} after={section.after} split={split} />
    </section>
  ));
}

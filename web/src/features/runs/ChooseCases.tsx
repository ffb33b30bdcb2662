import { useInfiniteQuery } from "@tanstack/react-query";
import { Checkbox } from "@/components/Fields";
import { casesQuery } from "@/features/cases";
import { plural } from "@/lib/format";

/** Which cases: all, or those with one of some tags. */
export function ChooseCases({
  suiteId,
  tags,
  onChange,
}: {
  suiteId: string | undefined;
  tags: string[];
  onChange: (tags: string[]) => void;
}) {
  const cases = useInfiniteQuery({ ...casesQuery(suiteId ?? "", {}), enabled: suiteId !== undefined });
  const items = cases.data?.pages.flatMap((page) => page.items) ?? [];
  const known = [...new Set([...items.flatMap((item) => item.content.tags ?? []), ...tags])].sort();
  if (suiteId === undefined || known.length === 0) return null;
  return (
    <section className="part" aria-label="Which cases">
      <div className="part__head">
        <h2>Which cases</h2>
        <span className="hint">
          {tags.length === 0
            ? "all of them"
            : `those with ${tags.length === 1 ? "this tag" : "one of these tags"}`}
        </span>
      </div>
      <div className="options options--inline">
        {known.map((tag) => (
          <Checkbox
            key={tag}
            checked={tags.includes(tag)}
            onChange={(event) =>
              onChange(event.target.checked ? [...tags, tag] : tags.filter((other) => other !== tag))
            }
          >
            {tag}
          </Checkbox>
        ))}
      </div>
      {cases.hasNextPage && <p className="hint after">Tags of the first {plural(items.length, "case")}.</p>}
    </section>
  );
}

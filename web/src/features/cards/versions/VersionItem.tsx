import { Link } from "@tanstack/react-router";
import type { VersionSummary } from "@/api/types";
import { LabelChip } from "@/components/Labels";
import { When } from "@/components/When";

/** One version on the line of all of them. */
export function VersionItem({
  slug,
  version,
  current = false,
}: {
  slug: string;
  version: VersionSummary;
  current?: boolean;
}) {
  return (
    <li aria-current={current || undefined}>
      <span className={`dot${version.labels.length > 0 ? " dot--full" : ""}`} />
      <div>
        <p className="cut">
          <Link
            className="medium"
            to="/cards/$slug/versions"
            params={{ slug }}
            search={{ version: version.number }}
          >
            v{version.number}
          </Link>{" "}
          {version.message}
        </p>
        <p className="hint">
          {version.author}, <When at={version.created_at} />
        </p>
      </div>
      <span className="line line--tight line--wrap">
        {version.labels.map((label) => (
          <LabelChip key={label} name={label} />
        ))}
      </span>
    </li>
  );
}

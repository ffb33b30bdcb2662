import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { sharedListQuery } from "@/api/shared";
import { LoadMore } from "@/components/LoadMore";
import { Failure } from "@/components/States";
import { exact, onDay } from "@/lib/time";
import "./shared.css";

/** What was shared with the account of this page; where nothing was, what stands in its place. */
export function SharedList({ nothing = null }: { nothing?: ReactNode }) {
  const shared = useInfiniteQuery(sharedListQuery);
  const items = shared.data?.pages.flatMap((page) => page.items);
  if (shared.isError && !items) return <Failure error={shared.error} onRetry={() => void shared.refetch()} />;
  if (!items) return null;
  if (items.length === 0) return nothing;
  return (
    <section className="section" aria-label="Shared with you">
      <div className="section__head">
        <h2>Shared with you</h2>
      </div>
      <ul className="shared-list">
        {items.map((item) => (
          <li key={item.id}>
            <Link className="medium" to="/shared/$share" params={{ share: item.id }}>
              {item.kind === "run" && `Run ${item.run_number}: `}
              {item.title}
            </Link>
            <span className="hint">
              to read, until{" "}
              <time dateTime={item.expires_at} title={exact(item.expires_at)}>
                {onDay(item.expires_at)}
              </time>
            </span>
          </li>
        ))}
      </ul>
      <LoadMore pages={shared} />
    </section>
  );
}

import { Link } from "@tanstack/react-router";
import type { AuditLine } from "@/api/types";
import { Drawer } from "@/components/Drawer";
import { count } from "@/lib/format";
import { exact } from "@/lib/time";

/** What accounts are called, by id. */
export type Names = ReadonlyMap<string, string>;

/** Who did it: a name while there is one, else what is known. */
export function whoOf({ actor, actor_kind }: AuditLine, names: Names): string | undefined {
  if (actor) return names.get(actor) ?? actor;
  return actor_kind === "machine" ? "the server" : undefined;
}

/** Everything that was written of one thing that was done. */
export function EntryDrawer({ row, names, onClose }: { row: AuditLine; names: Names; onClose: () => void }) {
  const facts: [string, string | null | undefined][] = [
    ["When", exact(row.at)],
    ["Who", whoOf(row, names)],
    ["Account", row.actor],
    ["On", row.object || null],
    ["Workspace", row.workspace],
    ["Outcome", row.outcome],
    [row.actor_kind === "api_key" ? "API key" : "Session", row.credential],
    ["Request", row.request],
    ["Address", row.address],
    ["Fingerprint", row.hash],
  ];
  const hasDetail = Object.keys(row.detail).length > 0;
  return (
    <Drawer title={`${count(row.seq)} ${row.action}`} onClose={onClose}>
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name} className="facts__row">
            <dt>{name}</dt>
            <dd className="mono wrap">{value ?? <span className="hint">not known</span>}</dd>
          </div>
        ))}
      </dl>
      <p className="line line--wrap audit__more">
        {row.object && (
          <Link to="/audit" search={{ object: row.object, entry: row.seq }}>
            Everything done to this
          </Link>
        )}
        {row.actor && (
          <Link to="/audit" search={{ actor: row.actor, entry: row.seq }}>
            Everything done by {whoOf(row, names)}
          </Link>
        )}
      </p>
      {hasDetail && (
        <section className="part">
          <div className="part__head">
            <h3>Detail</h3>
          </div>
          <pre className="text text--sunken">{JSON.stringify(row.detail, null, 2)}</pre>
        </section>
      )}
      <p className="hint">Names and addresses are not in the chain, so that a person can be erased.</p>
    </Drawer>
  );
}

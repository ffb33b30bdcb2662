import type { ApiKey } from "@/api/types";
import { Button } from "@/components/Button";
import { usageOf } from "@/components/budget";
import { SkeletonRows } from "@/components/States";
import { When } from "@/components/When";
import { onDay } from "@/lib/time";

/** API keys in rows: what each may do, how long, when it was used last, and what of its budget is used today. */
export function KeysTable({
  keys,
  narrow = false,
  onBudget,
  onRevoke,
}: {
  keys: ApiKey[] | undefined;
  /** There is little room: in a drawer. */
  narrow?: boolean;
  /** Without it budgets are shown, and not set. */
  onBudget?: (key: ApiKey) => void;
  onRevoke: (key: ApiKey) => void;
}) {
  return (
    <div className={narrow ? "scroll-x is-narrow" : "scroll-x"}>
      <table className="table" aria-busy={keys === undefined}>
        <thead>
          <tr>
            <th scope="col">Key</th>
            <th scope="col" className="only-wide">
              May
            </th>
            <th scope="col" className="only-wide">
              Workspace
            </th>
            <th scope="col">Last used</th>
            <th scope="col" className="only-wide">
              Ends
            </th>
            <th scope="col">
              <span className="sr">What to do with it</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {keys?.map((key) => (
            <KeyRow key={key.id} item={key} onBudget={onBudget} onRevoke={onRevoke} />
          ))}
          {!keys && <SkeletonRows rows={2} columns={6} />}
        </tbody>
      </table>
    </div>
  );
}

function KeyRow({
  item,
  onBudget,
  onRevoke,
}: {
  item: ApiKey;
  onBudget: ((key: ApiKey) => void) | undefined;
  onRevoke: (key: ApiKey) => void;
}) {
  const over = new Date(item.expires_at) < new Date();
  const usage = usageOf(item.budget, item.used_today);
  return (
    <tr>
      <td className="grow">
        <span className="line">
          <span className="name cut">{item.name}</span>
          <span className="mono dim only-wide">{item.begins_with}…</span>
          {item.revoked_at && <span className="chip">revoked</span>}
          {over && !item.revoked_at && <span className="chip">ended</span>}
        </span>
        {usage.length > 0 && (
          <span className="hint wrap">
            {usage.some(({ usedUp }) => usedUp) && <span className="t-fail">Budget used up. </span>}
            <span>Today {usage.map(({ text }) => text).join(", ")}</span>
          </span>
        )}
      </td>
      <td className="only-wide mono dim">{item.scopes.join(" ")}</td>
      <td className="only-wide mono">{item.workspace}</td>
      <td>
        {item.last_used_at ? (
          <span title={item.last_used_address ? `From ${item.last_used_address}` : undefined}>
            <When at={item.last_used_at} />
          </span>
        ) : (
          <span className="hint">never</span>
        )}
      </td>
      <td className="only-wide">{onDay(item.expires_at)}</td>
      <td className="r">
        {!item.revoked_at && (
          <>
            {onBudget && (
              <Button kind="quiet" aria-label={`Budget of ${item.name}`} onClick={() => onBudget(item)}>
                Budget
              </Button>
            )}
            <Button kind="quiet" aria-label={`Revoke ${item.name}`} onClick={() => onRevoke(item)}>
              Revoke
            </Button>
          </>
        )}
      </td>
    </tr>
  );
}

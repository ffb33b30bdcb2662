import { getRouteApi } from "@tanstack/react-router";
import { type InputHTMLAttributes, type ReactNode, useEffect, useRef, useState } from "react";
import type { ProblemError } from "@/api/problem";
import { SelectField, TextField } from "@/components/Fields";
import type { Names } from "./EntryDrawer";
import type { AuditFilters } from "./queries";

const QUIET_MS = 300;

const route = getRouteApi("/audit");

/** Who did what to what, how it ended and when. All of it is in the address. */
export function Filters({ names, error }: { names: Names; error: ProblemError | undefined }) {
  const filters = route.useSearch();
  const navigate = route.useNavigate();
  const change = (part: AuditFilters) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  return (
    <form className="audit__filters" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
      <SelectField
        label="Who"
        className="input input--sm"
        value={filters.actor ?? ""}
        onChange={(event) => change({ actor: event.target.value || undefined })}
      >
        <option value="">Anybody</option>
        {filters.actor && !names.has(filters.actor) && <option>{filters.actor}</option>}
        {[...names].map(([id, name]) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </SelectField>
      <TypedFilter
        label="What"
        placeholder="user.invite"
        value={filters.action}
        onChange={(action) => change({ action })}
        error={error?.at("/action")}
      />
      <TypedFilter
        label="On"
        placeholder="card:01890a5d-…"
        value={filters.object}
        onChange={(object) => change({ object })}
        error={error?.at("/object")}
      />
      <SelectField
        label="Outcome"
        className="input input--sm"
        value={filters.outcome ?? ""}
        onChange={({ target: { value } }) =>
          change({ outcome: value === "done" || value === "refused" ? value : undefined })
        }
      >
        <option value="">Any</option>
        <option value="done">Done</option>
        <option value="refused">Refused</option>
      </SelectField>
      <TextField
        label="From"
        type="date"
        className="input input--sm"
        value={filters.after ?? ""}
        onChange={(event) => change({ after: event.target.value || undefined })}
      />
      <TextField
        label="To"
        type="date"
        className="input input--sm"
        value={filters.before ?? ""}
        onChange={(event) => change({ before: event.target.value || undefined })}
      />
    </form>
  );
}

/** A filter that is typed: it is asked for once the typing rests. */
function TypedFilter({
  value,
  onChange,
  ...rest
}: Omit<InputHTMLAttributes<HTMLInputElement>, "value" | "onChange"> & {
  label: string;
  error: ReactNode;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}) {
  const [typed, setTyped] = useState(value ?? "");
  const known = useRef(value);
  const tell = useRef(onChange);
  useEffect(() => {
    tell.current = onChange;
    // It was set by something else than these keys.
    if (value !== known.current) {
      known.current = value;
      setTyped(value ?? "");
    }
  });
  useEffect(() => {
    const next = typed.trim() || undefined;
    if (next === known.current) return;
    const timer = setTimeout(() => {
      known.current = next;
      tell.current(next);
    }, QUIET_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <TextField
      className="input input--sm mono"
      spellCheck={false}
      {...rest}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
    />
  );
}

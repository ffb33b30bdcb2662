import type { HealthCheck } from "@/api/types";
import type { Mark } from "@/components/Verdict";
import { clock } from "./clock";

/** In what way something is not well. */
export type Trouble = "down" | "stopped" | "doubtful";

const WORDS = { down: "Does not work", stopped: "Stopped", doubtful: "Needs a look" } as const;
const VERBS = { down: "does not work", stopped: "is stopped by an admin", doubtful: "needs a look" } as const;

/** Null: it is well. */
export function troubleOf({ status, kind, breaker }: HealthCheck): Trouble | null {
  if (status === "pass") return null;
  if (breaker?.by_hand) return "stopped";
  return status === "fail" || kind === "provider" ? "down" : "doubtful";
}

/** How a dependency is, in a mark and two words. */
export function stateOf(check: HealthCheck): { mark: Mark; word: string } {
  const trouble = troubleOf(check);
  if (!trouble) return { mark: "pass", word: "Works" };
  return { mark: check.status === "fail" ? "fail" : "error", word: WORDS[trouble] };
}

/** Since when it has not been well, as far as that is known. */
export function sinceOf({ breaker, since }: HealthCheck): string | null {
  // What an admin has stopped may have been down before.
  if (breaker?.by_hand) return breaker.changes.at(-1)?.at ?? breaker.since;
  return breaker?.since ?? since;
}

/** How everything is, in a sentence for the head of the page. */
export function headline(checks: readonly HealthCheck[]): string {
  const troubles = checks.flatMap((check) => troubleOf(check) ?? []);
  const [first] = troubles;
  if (first === undefined) return "Everything works";
  const one = troubles.length === 1;
  const same = troubles.every((trouble) => trouble === first) ? first : "doubtful";
  const is = {
    down: one ? "is down" : "are down",
    stopped: one ? "is stopped" : "are stopped",
    doubtful: one ? "needs a look" : "need a look",
  };
  return `${one ? "One" : troubles.length} of ${checks.length} dependencies ${is[same]}`;
}

/** Who it is, since when, and what that costs. */
export function story(checks: readonly HealthCheck[], now: Date): string {
  const bad = checks.filter((check) => troubleOf(check));
  if (bad.length === 0) return "No run waits for anything here, and there is nothing to do.";
  const said = bad.map((check) => {
    const trouble = troubleOf(check) ?? "doubtful";
    const since = sinceOf(check);
    return [`${check.name} ${VERBS[trouble]}${since ? ` since ${clock(since, now)}` : ""}.`, check.cost]
      .filter(Boolean)
      .join(" ");
  });
  if (bad.length < checks.length) said.push("Everything else works.");
  return said.join(" ");
}

// Where the boxes and lines of the map stand: pure, so that it can be looked at without a browser.
import type { Health, HealthCheck } from "@/api/types";
import { troubleOf } from "./states";

export const BOX_WIDTH = 230;
export const MAP_WIDTH = 640;
const ONE_LINE = 28;
const TWO_LINES = 40;
const GAP = 12;
/** Boxes without a font to measure: what is longer is cut. */
const LONGEST = 30;

type Part = Health["parts"][number];

const PARTS: Record<Part["part"], string> = {
  sign_in: "Sign-in",
  cards: "Cards and cases",
  runs: "Runs",
  shared_limits: "Shared limits",
  shared_cache: "Shared cache",
};

export interface Box {
  id: string;
  name: string;
  /** Its second line. Empty: it is well. */
  note: string;
  status: Part["status"];
  x: number;
  y: number;
  height: number;
}

export interface DependencyMap {
  boxes: Box[];
  edges: { key: string; path: string; bad: boolean }[];
  height: number;
  /** The same in words: each part, and what it stands on. */
  lines: { part: string; on: string[] }[];
}

/** In words, how a dependency is; empty where it is well. */
function noteOf(check: HealthCheck): string {
  const trouble = troubleOf(check);
  if (!trouble) return "";
  if (trouble === "stopped") return "stopped by an admin";
  if (check.breaker && check.breaker.state !== "closed") return "breaker open";
  return trouble === "down" ? "does not work" : "needs a look";
}

/** In words, what a part has to do without. */
function missingOf({ status, part }: Part, bad: readonly HealthCheck[]): string {
  if (status === "pass") return "";
  if (status === "fail") return part === "runs" ? "wait" : "does not work";
  const without = bad.filter(({ kind }) => kind === "provider");
  if (without.length < bad.length || without.length === 0) return "needs a look";
  return without.length === 1 ? `not on ${without[0]?.name}` : `not on ${without.length} model servers`;
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

const middle = ({ y, height }: Box) => y + height / 2;

const KINDS: HealthCheck["kind"][] = ["database", "disk", "provider", "redis", "backups"];

/** What depends on what: dependencies on the left, what the users have on the right. */
export function mapOf(checks: readonly HealthCheck[], parts: readonly Part[]): DependencyMap {
  const ordered = [...checks].sort((one, other) => KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind));
  const byId = new Map(checks.map((check) => [check.componentId, check]));
  let below = 1;
  const left = ordered.map((check): Box => {
    const note = noteOf(check);
    const box = {
      id: check.componentId,
      name: cut(check.name),
      note: cut(note),
      status: check.status,
      x: 1,
      y: below,
      height: note ? TWO_LINES : ONE_LINE,
    };
    below += box.height + GAP;
    return box;
  });
  const leftHeight = below - GAP;
  below = 1;
  const right = parts.map((part): Box => {
    const on = part.depends_on.flatMap((id) => left.find((box) => box.id === id) ?? []);
    const bad = part.depends_on.flatMap((id) => byId.get(id) ?? []).filter(({ status }) => status !== "pass");
    const note = cut(missingOf(part, bad));
    const height = note ? TWO_LINES : ONE_LINE;
    const wanted = on.reduce((sum, box) => sum + middle(box), 0) / Math.max(on.length, 1) - height / 2;
    const box = {
      id: part.part,
      name: PARTS[part.part],
      note,
      status: part.status,
      x: MAP_WIDTH - BOX_WIDTH - 1,
      y: Math.max(below, wanted),
      height,
    };
    below = box.y + height + GAP;
    return box;
  });

  const edges = parts.flatMap((part, index) =>
    part.depends_on.flatMap((id) => {
      const [from, to] = [left.find((box) => box.id === id), right[index]];
      if (!from || !to) return [];
      const [start, end, half] = [BOX_WIDTH + 1, to.x, (BOX_WIDTH + 1 + to.x) / 2];
      const path = `M${start} ${middle(from)}C${half} ${middle(from)} ${half} ${middle(to)} ${end} ${middle(to)}`;
      return [{ key: `${id} ${part.part}`, path, bad: from.status !== "pass" }];
    }),
  );
  const [database, disk] = ["database", "disk"].map((kind) =>
    left.find((box) => byId.get(box.id)?.kind === kind),
  );
  if (database && disk) {
    const path = `M${BOX_WIDTH / 2} ${database.y + database.height}V${disk.y}`;
    edges.push({ key: "disk database", path, bad: disk.status !== "pass" });
  }
  // What is amiss is drawn over what is not.
  edges.sort((one, other) => Number(one.bad) - Number(other.bad));

  const say = (check: HealthCheck) => {
    const note = noteOf(check);
    return note ? `${check.name} (${note})` : check.name;
  };
  const lines = parts.map(({ part, depends_on }) => ({
    part: PARTS[part],
    on: depends_on.flatMap((id) => byId.get(id) ?? []).map(say),
  }));
  const onDisk = ordered.find(({ kind }) => kind === "disk");
  const itself = ordered.find(({ kind }) => kind === "database");
  if (onDisk && itself) lines.push({ part: itself.name, on: [say(onDisk)] });
  return { boxes: [...left, ...right], edges, height: Math.max(leftHeight, below - GAP) + 1, lines };
}

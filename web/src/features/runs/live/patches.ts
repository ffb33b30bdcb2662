import type { CellSummary } from "@/api/types";

/**
 * Keeps a reading from undoing what came over the stream while it was under way: an answer of the server shows
 * the moment at which it was read, and a cell that finished after that would wait again.
 */
export class Patches {
  readonly #readings = new Set<Map<number, CellSummary>>();

  note(cell: CellSummary): void {
    for (const reading of this.#readings) reading.set(cell.position, cell);
  }

  /** The cells that were read, with those in their newest form that finished meanwhile. */
  async over(read: () => Promise<CellSummary[]>): Promise<CellSummary[]> {
    const meanwhile = new Map<number, CellSummary>();
    this.#readings.add(meanwhile);
    try {
      const cells = await read();
      return meanwhile.size === 0 ? cells : cells.map((cell) => meanwhile.get(cell.position) ?? cell);
    } finally {
      this.#readings.delete(meanwhile);
    }
  }
}

const all = new Map<string, Patches>();

/** The patches of a run: one for all that read its cells, whoever of them began first. */
export function patchesOf(runId: string): Patches {
  const known = all.get(runId);
  if (known) return known;
  const patches = new Patches();
  all.set(runId, patches);
  return patches;
}

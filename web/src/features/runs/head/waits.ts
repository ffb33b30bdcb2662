import type { ProviderWait, Run } from "@/api/types";
import { plural } from "@/lib/format";

function openCells(run: Run, model: number): number {
  return run.columns
    .filter(({ model_position }) => model_position === model)
    .reduce((sum, { counts }) => sum + counts.open, 0);
}

/** What the cells of a model wait for, where it has any left. */
export function waitOf(run: Run, waits: readonly ProviderWait[], model: number): ProviderWait | undefined {
  return openCells(run, model) > 0 ? waits.find(({ model_position }) => model_position === model) : undefined;
}

/** Whether all that is left of a run waits for model servers. */
export function standsStill(run: Run, waits: readonly ProviderWait[]): boolean {
  if (run.state !== "running" || waits.length === 0) return false;
  return run.models.every((_, model) => openCells(run, model) === 0 || waitOf(run, waits, model));
}

/** One wait of each provider: that of the model whose cells wait the longest. */
export function byProvider(waits: readonly ProviderWait[]): ProviderWait[] {
  const found = new Map<string, ProviderWait>();
  for (const wait of waits) {
    const known = found.get(wait.provider);
    if (!known || Date.parse(wait.since) < Date.parse(known.since)) found.set(wait.provider, wait);
  }
  return [...found.values()];
}

/** `ollama`, or `2 model servers`. */
export function serversOf(waits: readonly ProviderWait[]): string {
  const providers = byProvider(waits);
  return providers.length === 1 ? (providers[0]?.provider ?? "") : plural(providers.length, "model server");
}

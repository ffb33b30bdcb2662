import type { ModelParameters, RunRequest } from "@/api/types";

/** A model to ask: its provider's name and its own. */
export interface ModelRef {
  provider: string;
  model: string;
}

export interface StartForm {
  /** The card's slug; empty until one is chosen. */
  card: string;
  versions: number[];
  models: ModelRef[];
  repeats: string;
  tags: string[];
  parameters: ModelParameters;
  note: string;
  /** Whether cells take the answers of earlier runs. */
  cache: boolean;
}

export const REPEATS_LIMIT = 1000;

export function isChosen(models: ModelRef[], one: ModelRef): boolean {
  return models.some((model) => model.provider === one.provider && model.model === one.model);
}

/** The models with one put in or taken out. */
export function toggled(models: ModelRef[], one: ModelRef): ModelRef[] {
  return isChosen(models, one)
    ? models.filter((model) => model.provider !== one.provider || model.model !== one.model)
    : [...models, one];
}

/** How often each case is asked; null where the field holds no such number. */
export function repeatsOf(text: string): number | null {
  const number = Number(text);
  return Number.isInteger(number) && number >= 1 && number <= REPEATS_LIMIT ? number : null;
}

/** What the form asks the server to run; null as long as something is missing. */
export function requestOf(form: StartForm): RunRequest | null {
  const repeats = repeatsOf(form.repeats);
  if (form.card === "" || form.versions.length === 0 || form.models.length === 0 || repeats === null)
    return null;
  const request: RunRequest = {
    card_versions: form.versions.map((version) => ({ slug: form.card, version })),
    models: form.models.map(({ provider, model }) => ({ provider, model })),
    repeats,
  };
  if (form.tags.length > 0) request.case_filter = { tags: form.tags };
  if (Object.keys(form.parameters).length > 0) request.parameters = form.parameters;
  if (!form.cache) request.cache = false;
  if (form.note.trim() !== "") request.note = form.note.trim();
  return request;
}

const MODELS_KEY = "models of the last run";

/** The models that were asked last on this device, so that the next run begins with them. */
export function lastModels(): ModelRef[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(MODELS_KEY) ?? "[]");
    if (!Array.isArray(stored)) return [];
    return stored.filter(
      (model): model is ModelRef => typeof model?.provider === "string" && typeof model?.model === "string",
    );
  } catch {
    return [];
  }
}

export function rememberModels(models: ModelRef[]): void {
  try {
    localStorage.setItem(MODELS_KEY, JSON.stringify(models));
  } catch {
    // Storage is off: the next run begins without a choice.
  }
}

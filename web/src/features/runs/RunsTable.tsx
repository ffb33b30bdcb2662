import type { RunFilters } from "./queries";

export function RunsTable(_: { filters: RunFilters }) {
  return null;
}

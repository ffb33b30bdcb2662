import { queryOptions } from "@tanstack/react-query";
import { client, read } from "@/api/client";
import type { Health, HealthCheck } from "@/api/types";

const EVERY_MS = 15_000;

/** What the server finds when it looks at itself, asked again while somebody looks. */
export const healthQuery = queryOptions({
  queryKey: ["health"],
  queryFn: ({ signal }) => read(client.GET("/api/v1/health", { signal })),
  refetchInterval: EVERY_MS,
});

/** What was looked at, one after the other. */
export function checksOf({ checks }: Health): HealthCheck[] {
  return Object.values(checks).flat();
}

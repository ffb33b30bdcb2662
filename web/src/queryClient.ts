import { QueryClient } from "@tanstack/react-query";
import { ProblemError } from "./api/problem";

/** One cache for all server data. A refusal is final; no answer, or a 503, is asked again twice. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (failures, error) =>
          failures < 2 && !(error instanceof ProblemError && error.problem.status !== 503),
        retryDelay: (attempt) => 500 * 2 ** attempt,
      },
      mutations: { retry: false },
    },
  });
}

import { createMemoryHistory } from "@tanstack/react-router";
import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { App } from "@/App";
import { createQueryClient } from "@/queryClient";
import { createAppRouter } from "@/router";
import { health } from "./fixtures";
import { on } from "./server";

/** What every page asks for. */
export function healthyServer(): void {
  on("get", "/api/v1/health", () => ({ body: health }));
  on("get", "/api/v1/workspaces/{ws}/cards/facets", () => ({
    body: { folders: [], tags: [], labels: [], total: 0, archived: 0 },
  }));
}

/** Opens the whole page at an address, with a healthy server behind it. Handlers given before it go first. */
export function openPage(address: string) {
  healthyServer();
  const queryClient = createQueryClient();
  queryClient.setDefaultOptions({ queries: { ...queryClient.getDefaultOptions().queries, retryDelay: 1 } });
  const router = createAppRouter(queryClient, createMemoryHistory({ initialEntries: [address] }));
  render(<App queryClient={queryClient} router={router} />);
  return { user: userEvent.setup(), router, queryClient };
}

import { createMemoryHistory } from "@tanstack/react-router";
import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { App } from "@/App";
import { forgetSession, startSession } from "@/api/session";
import type { Session } from "@/api/types";
import { createQueryClient } from "@/queryClient";
import { createAppRouter } from "@/router";
import { health, session } from "./fixtures";
import { on, Refusal, server } from "./server";

/** What every page asks for. `nobody` is signed in, or somebody with a session. */
export function healthyServer(as: Session | "nobody" = session()): void {
  server.use(http.get("*/livez", () => HttpResponse.text("live")));
  on("get", "/api/v1/health", () => ({ body: health }));
  on("get", "/api/v1/session", () => (as === "nobody" ? new Refusal(401) : { body: as }));
  on("get", "/api/v1/session/csrf", () => ({ body: { csrf_token: "a-token" } }));
  on("post", "/api/v1/session/refresh", () => new Refusal(401));
  on("get", "/api/v1/setup", () => ({ body: { needed: false } }));
  on("get", "/api/v1/registration", () => ({ body: { open: false } }));
  on("get", "/api/v1/workspaces/{ws}/runs/{run}/waits", () => ({ body: { items: [] } }));
  on("get", "/api/v1/workspaces/{ws}/cards/facets", () => ({
    body: { folders: [], tags: [], labels: [], total: 0, archived: 0 },
  }));
}

/** Opens the whole page at an address, with a healthy server behind it. Handlers given before it go first. */
export function openPage(address: string, as?: Session | "nobody") {
  healthyServer(as);
  forgetSession();
  void startSession();
  const queryClient = createQueryClient();
  queryClient.setDefaultOptions({ queries: { ...queryClient.getDefaultOptions().queries, retryDelay: 1 } });
  const router = createAppRouter(queryClient, {
    history: createMemoryHistory({ initialEntries: [address] }),
  });
  render(<App queryClient={queryClient} router={router} />);
  return { user: userEvent.setup(), router, queryClient };
}

import type { QueryClient } from "@tanstack/react-query";
import { createRouter, type RouterHistory } from "@tanstack/react-router";
import {
  accountRoute,
  keysRoute,
  limitsRoute,
  profileRoute,
  sessionsRoute,
  sharedRoute,
} from "./routes/account";
import {
  cardCasesRoute,
  cardEditorRoute,
  cardRoute,
  cardRunsRoute,
  cardSettingsRoute,
  cardsRoute,
  cardVersionsRoute,
} from "./routes/cards";
import { healthRoute } from "./routes/health";
import { homeRoute } from "./routes/home";
import { modelsRoute } from "./routes/models";
import { auditRoute, budgetRoute, membersRoute, peopleRoute, workspacesRoute } from "./routes/people";
import { outboundRoute, providersRoute } from "./routes/providers";
import { ErrorPage, NotFoundPage, rootRoute } from "./routes/root";
import { newRunRoute, runRoute, runsRoute } from "./routes/runs";
import { invitationRoute, registerRoute, resetRoute, setupRoute } from "./routes/session";
import { sharedItemRoute, sharedLinkRoute } from "./routes/shared";

const routeTree = rootRoute.addChildren([
  homeRoute,
  cardsRoute,
  cardRoute.addChildren([
    cardEditorRoute,
    cardCasesRoute,
    cardVersionsRoute,
    cardRunsRoute,
    cardSettingsRoute,
  ]),
  runsRoute,
  newRunRoute,
  runRoute,
  modelsRoute,
  providersRoute,
  membersRoute,
  budgetRoute,
  healthRoute,
  accountRoute.addChildren([profileRoute, sessionsRoute, keysRoute, limitsRoute, sharedRoute]),
  peopleRoute,
  workspacesRoute,
  outboundRoute,
  auditRoute,
  setupRoute,
  invitationRoute,
  resetRoute,
  registerRoute,
  sharedLinkRoute,
  sharedItemRoute,
]);

/** Every address of the page, after what all begin with. Tests hand in a history of their own. */
export function createAppRouter(
  queryClient: QueryClient,
  options: { basepath?: string; history?: RouterHistory } = {},
) {
  return createRouter({
    routeTree,
    context: { queryClient },
    defaultPreload: "intent",
    defaultErrorComponent: ErrorPage,
    defaultNotFoundComponent: NotFoundPage,
    scrollRestoration: true,
    ...options,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}

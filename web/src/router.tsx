import type { QueryClient } from "@tanstack/react-query";
import { createRouter, type RouterHistory } from "@tanstack/react-router";
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
import { ErrorPage, NotFoundPage, rootRoute } from "./routes/root";
import { newRunRoute, runRoute, runsRoute } from "./routes/runs";

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
  healthRoute,
]);

/** Every address of the page. Tests hand in a history of their own. */
export function createAppRouter(queryClient: QueryClient, history?: RouterHistory) {
  return createRouter({
    routeTree,
    context: { queryClient },
    defaultPreload: "intent",
    defaultErrorComponent: ErrorPage,
    defaultNotFoundComponent: NotFoundPage,
    scrollRestoration: true,
    ...(history ? { history } : {}),
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}

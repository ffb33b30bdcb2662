import { createRoute } from "@tanstack/react-router";
import { lazyPage } from "./lazyPage";
import { rootRoute } from "./root";

export const providersRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/providers",
  component: lazyPage("ProvidersPage", () => import("@/features/providers/ProvidersPage")),
});

export const outboundRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/outbound",
  staticData: { of: "server" },
  component: lazyPage("OutboundPage", () => import("@/features/providers/OutboundPage")),
});

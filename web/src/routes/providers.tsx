import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { part } from "@/lib/code";
import { rootRoute } from "./root";

export const providersRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/providers",
  component: lazyRouteComponent(
    () => part("ProvidersPage", () => import("@/features/providers/ProvidersPage")),
    "ProvidersPage",
  ),
});

export const outboundRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/outbound",
  staticData: { of: "server" },
  component: lazyRouteComponent(
    () => part("OutboundPage", () => import("@/features/providers/OutboundPage")),
    "OutboundPage",
  ),
});

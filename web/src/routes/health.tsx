import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { part } from "@/lib/code";
import { rootRoute } from "./root";

export const healthRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/health",
  staticData: { of: "server" },
  component: lazyRouteComponent(
    () => part("HealthPage", () => import("@/features/health/HealthPage")),
    "HealthPage",
  ),
});

import { createRoute } from "@tanstack/react-router";
import { lazyPage } from "./lazyPage";
import { rootRoute } from "./root";

export const healthRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/health",
  staticData: { of: "server" },
  component: lazyPage("HealthPage", () => import("@/features/health/HealthPage")),
});

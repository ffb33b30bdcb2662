import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { part } from "@/lib/code";
import { text } from "@/lib/searchParams";
import { rootRoute } from "./root";

interface ModelsSearch {
  /** The name of the provider that is looked into. */
  diagnose?: string | undefined;
}

export const modelsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/models",
  validateSearch: (search: Record<string, unknown>): ModelsSearch => ({ diagnose: text(search.diagnose) }),
  component: lazyRouteComponent(
    () => part("ModelsPage", () => import("@/features/models/ModelsPage")),
    "ModelsPage",
  ),
});

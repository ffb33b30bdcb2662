import { createRoute } from "@tanstack/react-router";
import { text } from "@/lib/searchParams";
import { lazyPage } from "./lazyPage";
import { rootRoute } from "./root";

interface ModelsSearch {
  /** The name of the provider that is looked into. */
  diagnose?: string | undefined;
}

export const modelsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/models",
  validateSearch: (search: Record<string, unknown>): ModelsSearch => ({ diagnose: text(search.diagnose) }),
  component: lazyPage("ModelsPage", () => import("@/features/models/ModelsPage")),
});

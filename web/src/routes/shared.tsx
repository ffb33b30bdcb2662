import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { part } from "@/lib/code";
import { rootRoute } from "./root";

export const sharedLinkRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/shared",
  staticData: { of: "nobody" },
  component: lazyRouteComponent(() => part("SharedPage", () => import("./SharedPage")), "SharedLinkPage"),
});

export const sharedItemRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/shared/$share",
  staticData: { of: "server" },
  component: lazyRouteComponent(() => part("SharedPage", () => import("./SharedPage")), "SharedItemPage"),
});

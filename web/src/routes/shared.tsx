import { createRoute } from "@tanstack/react-router";
import { lazyPage } from "./lazyPage";
import { rootRoute } from "./root";

export const sharedLinkRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/shared",
  staticData: { of: "nobody" },
  component: lazyPage("SharedLinkPage", () => import("./SharedPage")),
});

export const sharedItemRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/shared/$share",
  staticData: { of: "server" },
  component: lazyPage("SharedItemPage", () => import("./SharedPage")),
});

import { createRoute } from "@tanstack/react-router";
import { lazyPage } from "./lazyPage";
import { rootRoute } from "./root";

export const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  component: lazyPage("HomePage", () => import("./HomePage")),
});

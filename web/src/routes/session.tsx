import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { part } from "@/lib/code";
import { rootRoute } from "./root";

// Pages for who is not signed in. Each is of nobody, so that it opens without a session.
const ofNobody = { of: "nobody" } as const;

export const setupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/setup",
  staticData: ofNobody,
  component: lazyRouteComponent(
    () => part("SetupPage", () => import("@/features/session/SetupPage")),
    "SetupPage",
  ),
});

export const invitationRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/invitation",
  staticData: ofNobody,
  component: lazyRouteComponent(
    () => part("LinkPage", () => import("@/features/session/LinkPage")),
    "InvitationPage",
  ),
});

export const resetRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/reset",
  staticData: ofNobody,
  component: lazyRouteComponent(
    () => part("LinkPage", () => import("@/features/session/LinkPage")),
    "ResetPage",
  ),
});

export const registerRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/register",
  staticData: ofNobody,
  component: lazyRouteComponent(
    () => part("RegisterPage", () => import("@/features/session/RegisterPage")),
    "RegisterPage",
  ),
});

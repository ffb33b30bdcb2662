import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { part } from "@/lib/code";
import { rootRoute } from "./root";

export const accountRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/account",
  staticData: { of: "server" },
  component: lazyRouteComponent(
    () => part("AccountPage", () => import("@/features/account/AccountPage")),
    "AccountPage",
  ),
});

export const profileRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "/",
  component: lazyRouteComponent(
    () => part("ProfileTab", () => import("@/features/account/ProfileTab")),
    "ProfileTab",
  ),
});

export const sessionsRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "/sessions",
  component: lazyRouteComponent(
    () => part("SessionsTab", () => import("@/features/account/SessionsTab")),
    "SessionsTab",
  ),
});

export const keysRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "/api-keys",
  component: lazyRouteComponent(() => part("KeysTab", () => import("@/features/account/KeysTab")), "KeysTab"),
});

export const limitsRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "/limits",
  component: lazyRouteComponent(
    () => part("LimitsTab", () => import("@/features/account/LimitsTab")),
    "LimitsTab",
  ),
});

export const sharedRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "/shared",
  component: lazyRouteComponent(
    () => part("SharedTab", () => import("@/features/account/SharedTab")),
    "SharedTab",
  ),
});

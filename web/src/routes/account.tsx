import { createRoute } from "@tanstack/react-router";
import { lazyPage } from "./lazyPage";
import { rootRoute } from "./root";

export const accountRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/account",
  staticData: { of: "server" },
  component: lazyPage("AccountPage", () => import("@/features/account/AccountPage")),
});

export const profileRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "/",
  component: lazyPage("ProfileTab", () => import("@/features/account/ProfileTab")),
});

export const sessionsRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "/sessions",
  component: lazyPage("SessionsTab", () => import("@/features/account/SessionsTab")),
});

export const keysRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "/api-keys",
  component: lazyPage("KeysTab", () => import("@/features/account/KeysTab")),
});

export const limitsRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "/limits",
  component: lazyPage("LimitsTab", () => import("@/features/account/LimitsTab")),
});

export const sharedRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: "/shared",
  component: lazyPage("SharedTab", () => import("@/features/account/SharedTab")),
});

import { createRoute } from "@tanstack/react-router";
import { lazyPage } from "./lazyPage";
import { rootRoute } from "./root";

// Pages for who is not signed in. Each is of nobody, so that it opens without a session.
const ofNobody = { of: "nobody" } as const;

export const setupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/setup",
  staticData: ofNobody,
  component: lazyPage("SetupPage", () => import("@/features/session/SetupPage")),
});

export const invitationRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/invitation",
  staticData: ofNobody,
  component: lazyPage("InvitationPage", () => import("@/features/session/LinkPage")),
});

export const resetRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/reset",
  staticData: ofNobody,
  component: lazyPage("ResetPage", () => import("@/features/session/LinkPage")),
});

export const registerRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/register",
  staticData: ofNobody,
  component: lazyPage("RegisterPage", () => import("@/features/session/RegisterPage")),
});

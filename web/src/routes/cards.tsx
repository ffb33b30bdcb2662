import { createRoute } from "@tanstack/react-router";
import { flag, text, whole } from "@/lib/searchParams";
import { lazyPage } from "./lazyPage";
import { rootRoute } from "./root";

interface CardsSearch {
  search?: string | undefined;
  folder?: string | undefined;
  tag?: string | undefined;
  label?: string | undefined;
  archived?: true | undefined;
  /** The form for a new card is open. */
  new?: true | undefined;
}

export const cardsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/cards",
  validateSearch: (search: Record<string, unknown>): CardsSearch => ({
    search: text(search.search),
    folder: text(search.folder),
    tag: text(search.tag),
    label: text(search.label),
    archived: flag(search.archived),
    new: flag(search.new),
  }),
  component: lazyPage("CardListPage", () => import("@/features/cards/CardListPage")),
});

export const cardRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/cards/$slug",
  component: lazyPage("CardPage", () => import("./CardPage")),
});

export const cardEditorRoute = createRoute({
  getParentRoute: () => cardRoute,
  path: "/",
  component: lazyPage("CardEditorTab", () => import("./CardPage")),
});

interface CasesSearch {
  search?: string | undefined;
  tag?: string | undefined;
  /** The case that is open: its id, or `new`. */
  case?: string | undefined;
  /** The form that takes cases from pasted text is open. */
  import?: true | undefined;
}

export const cardCasesRoute = createRoute({
  getParentRoute: () => cardRoute,
  path: "/cases",
  validateSearch: (search: Record<string, unknown>): CasesSearch => ({
    search: text(search.search),
    tag: text(search.tag),
    case: text(search.case),
    import: flag(search.import),
  }),
  component: lazyPage("CardCasesTab", () => import("./CardPage")),
});

interface VersionsSearch {
  /** The version that is shown. */
  version?: number | undefined;
  /** The version that it is compared with; absent: the one before. */
  against?: number | undefined;
}

export const cardVersionsRoute = createRoute({
  getParentRoute: () => cardRoute,
  path: "/versions",
  validateSearch: (search: Record<string, unknown>): VersionsSearch => ({
    version: whole(search.version),
    against: whole(search.against),
  }),
  component: lazyPage("CardVersionsTab", () => import("./CardPage")),
});

export const cardRunsRoute = createRoute({
  getParentRoute: () => cardRoute,
  path: "/runs",
  component: lazyPage("CardRunsTab", () => import("./CardPage")),
});

export const cardSettingsRoute = createRoute({
  getParentRoute: () => cardRoute,
  path: "/settings",
  component: lazyPage("CardSettingsTab", () => import("./CardPage")),
});

import { useQuery } from "@tanstack/react-query";
import { Link, useMatch, useNavigate } from "@tanstack/react-router";
import { type ReactNode, Suspense, useState } from "react";
import { useRights } from "@/api/sessionState";
import { IconButton, Kbd } from "@/components/Button";
import { Icon } from "@/components/Icon";
import { lazily } from "@/components/lazily";
import { PageProvider, useCrumbs } from "@/components/Page";
import { SkeletonLines } from "@/components/States";
import { ThemeMenu } from "@/components/ThemeMenu";
import { Toasts } from "@/components/toasts";
import { useKitSoon } from "@/components/useKit";
import { cardFacetsQuery } from "@/features/cards";
import { MOD_KEY, useHotkeys } from "@/lib/hotkeys";
import { AccountMenu } from "./AccountMenu";
import { CodeBanner } from "./CodeBanner";
import { ConnectionBanner } from "./ConnectionBanner";
import { HealthLink } from "./HealthLink";
import { usePlaces } from "./places";
import { SignedOutBanner } from "./SignedOutBanner";
import { WorkspaceSwitch } from "./WorkspaceSwitch";

// Needed after the first key press, not for the first paint.
// Without them the links and buttons of the page do; the banner says what is the matter.
const Nothing = () => null;
const Palette = lazily("palette", async () => (await import("./Palette")).Palette, Nothing);
const KeyboardHelp = lazily("keyboard", async () => (await import("./KeyboardHelp")).KeyboardHelp, Nothing);

/** What stands around every page: navigation, top bar, banner, toasts, palette. */
export function Shell({ children, dialogs }: { children: ReactNode; dialogs?: ReactNode }) {
  // A matrix needs the width.
  const rail = useMatch({ from: "/runs/$runId", shouldThrow: false }) !== undefined;
  useKitSoon();
  return (
    <PageProvider>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <div className={rail ? "app app--rail" : "app"}>
        <Navigation />
        <TopBar />
        <main className="main" id="main" tabIndex={-1}>
          <ConnectionBanner />
          <SignedOutBanner />
          <CodeBanner />
          <Suspense fallback={<PageLoading />}>{children}</Suspense>
        </main>
      </div>
      <Toasts />
      {dialogs && <Suspense>{dialogs}</Suspense>}
    </PageProvider>
  );
}

export function PageLoading() {
  return (
    <div className="page">
      <SkeletonLines label="Loading" lines={6} />
    </div>
  );
}

function Navigation() {
  const places = usePlaces();
  const member = useRights().role !== undefined;
  const facets = useQuery({ ...cardFacetsQuery, enabled: member });
  return (
    <nav className="nav" aria-label="Main">
      <Link className="nav__mark" to="/" aria-label="Promptcards, home">
        <Icon name="mark" />
        <span className="nav__text">Promptcards</span>
      </Link>
      <WorkspaceSwitch />
      {places.map((group) => (
        <div className="nav__group" key={group[0]?.to}>
          {group.map((place) => (
            <Link
              key={place.to}
              className={place.rare ? "nav__link nav__more" : "nav__link"}
              to={place.to}
              title={place.label}
              activeOptions={{ exact: place.to === "/" }}
            >
              <Icon name={place.icon} />
              <span className="nav__text">{place.label}</span>
              {place.to === "/cards" && facets.data && (
                <span className="nav__count">{facets.data.total}</span>
              )}
            </Link>
          ))}
        </div>
      ))}
    </nav>
  );
}

function TopBar() {
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  const navigate = useNavigate();
  const { edit, admin } = useRights();
  const places = usePlaces().flat();
  useHotkeys({
    "mod+k": () => setPalette(true),
    "?": () => setHelp(true),
    ...(edit
      ? {
          c: () => void navigate({ to: "/cards", search: { new: true } }),
          n: () => void navigate({ to: "/runs/new" }),
        }
      : {}),
    ...Object.fromEntries(places.map((place) => [`g ${place.key}`, () => navigate({ to: place.to })])),
  });
  return (
    <header className="bar">
      <Crumbs />
      <button type="button" className="btn bar__find" onClick={() => setPalette(true)}>
        <Icon name="search" />
        <span>Search or jump to</span>
        <Kbd>{MOD_KEY}K</Kbd>
      </button>
      {admin && <HealthLink />}
      <span className="only-wide">
        <IconButton icon="keyboard" label="Keyboard shortcuts" onClick={() => setHelp(true)} />
      </span>
      <ThemeMenu />
      <AccountMenu />
      <Suspense>
        {palette && <Palette open onClose={() => setPalette(false)} />}
        {help && <KeyboardHelp open onClose={() => setHelp(false)} />}
      </Suspense>
    </header>
  );
}

function Crumbs() {
  const crumbs = useCrumbs();
  return (
    <nav className="crumbs" aria-label="Where you are">
      {crumbs.map((crumb, index) =>
        crumb.to ? (
          <span className="line line--tight" key={crumb.to}>
            <Link to={crumb.to}>{crumb.label}</Link>
            <span className="sep" aria-hidden="true">
              /
            </span>
          </span>
        ) : (
          <span key={crumb.label} aria-current={index === crumbs.length - 1 ? "page" : undefined}>
            {crumb.label}
          </span>
        ),
      )}
    </nav>
  );
}

import { Outlet, useMatches } from "@tanstack/react-router";
import { Suspense, useEffect } from "react";
import { loadSession } from "@/api/session";
import { ownWorkspaces, useSessionState } from "@/api/sessionState";
import { homeOf, leave, WORKSPACE } from "@/api/workspace";
import { lazily } from "@/components/lazily";
import { Failure, WhoHelps } from "@/components/States";
import { Shell } from "@/features/shell/Shell";
import { CodeMissingError } from "@/lib/code";

const Missing = () => <Failure error={new CodeMissingError()} />;
const SignInPage = lazily(
  "sign-in",
  async () => (await import("@/features/session/SignInPage")).SignInPage,
  Missing,
);
const NoWorkspacePage = lazily(
  "no-workspace",
  async () => (await import("@/features/workspaces/NoWorkspacePage")).NoWorkspacePage,
  Missing,
);
const OwnersHint = lazily(
  "owners",
  async () => (await import("@/features/workspaces")).OwnersHint,
  () => null,
);
const SessionDialogs = lazily(
  "session-dialogs",
  async () => (await import("@/features/session/SessionDialogs")).SessionDialogs,
  Missing,
);

const AGAIN_MS = 3_000;

/** Who may see a page sees it; who is not signed in signs in at its very address and then sees it. */
export function Gate() {
  const state = useSessionState();
  const matches = useMatches();
  const of = matches.map(({ staticData }) => staticData.of).find((value) => value !== undefined);
  if (of === "nobody") {
    return (
      <Suspense>
        <Outlet />
      </Suspense>
    );
  }
  switch (state.status) {
    case "unknown":
      return null;
    case "failed":
      return <NoAnswer error={state.error} />;
    case "out":
      return (
        <Suspense>
          <SignInPage />
        </Suspense>
      );
    default: {
      const own = ownWorkspaces(state.session);
      const member = own.some(({ slug }) => slug === WORKSPACE.ws);
      const [first] = own;
      if (!member && of !== "server" && WORKSPACE.ws === "default" && first) {
        return <Elsewhere slug={first.slug} />;
      }
      return (
        <WhoHelps value={of === "server" ? "An admin of this server can help." : <Owners />}>
          <Shell dialogs={<SessionDialogs />}>
            {member || of === "server" ? <Outlet /> : <NoWorkspacePage />}
          </Shell>
        </WhoHelps>
      );
    }
  }
}

function Owners() {
  return (
    <Suspense>
      <OwnersHint />
    </Suspense>
  );
}

/** The address names no workspace, and the person is no member of the one that is meant then. */
function Elsewhere({ slug }: { slug: string }) {
  useEffect(() => leave.to(homeOf(slug)), [slug]);
  return null;
}

function NoAnswer({ error }: { error: unknown }) {
  useEffect(() => {
    const timer = setInterval(() => void loadSession(), AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <main className="page">
      <h1 className="sr">Promptcards</h1>
      <Failure error={error} onRetry={() => void loadSession()} />
    </main>
  );
}

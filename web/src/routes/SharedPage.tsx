import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { type ReactNode, useEffect, useState } from "react";
import { ProblemError, sentence } from "@/api/problem";
import { byAccount, byLink, type SharedSource, sharedQuery } from "@/api/shared";
import { Icon } from "@/components/Icon";
import { usePage } from "@/components/Page";
import { Empty, Failure, SkeletonLines } from "@/components/States";
import { ThemeMenu } from "@/components/ThemeMenu";
import { Toasts } from "@/components/toasts";
import { SharedCard } from "@/features/cards/SharedCard";
import { SharedRun } from "@/features/runs/SharedRun";
import { useSecret } from "@/features/session/useSecret";
import { exact } from "@/lib/time";
import "./shared.css";

/** What the link of a share opens, for anybody who has it: no navigation, nothing to change. */
export function SharedLinkPage() {
  const secret = useSecret();
  return <Frame>{secret ? <ByLink key={secret} secret={secret} /> : <NotWhole />}</Frame>;
}

function ByLink({ secret }: { secret: string }) {
  const [source] = useState(() => byLink(secret));
  return <SharedObject source={source} />;
}

/** The same for who is signed in and was given it by name. */
export function SharedItemPage() {
  const { share } = getRouteApi("/shared/$share").useParams();
  return <SharedObject key={share} source={byAccount(share)} />;
}

function SharedObject({ source }: { source: SharedSource }) {
  const { data, error, refetch } = useQuery(sharedQuery(source));
  usePage(data ? data.share.title : "Shared", [{ label: "Home", to: "/" }]);
  if (!data) {
    return (
      <div className="page">
        <h1 className="sr">Shared</h1>
        {error ? (
          <NotShown error={error} onRetry={() => void refetch()} />
        ) : (
          <SkeletonLines label="Loading what is shared" lines={8} />
        )}
      </div>
    );
  }
  return (
    <>
      <p className="shared__note hint">
        Shared with you to read, until{" "}
        <time dateTime={data.share.expires_at}>{exact(data.share.expires_at)}</time>.
      </p>
      {data.part === "run" ? (
        <SharedRun source={source} run={data.run} />
      ) : (
        <SharedCard source={source} card={data.card} latest={data.version} />
      )}
    </>
  );
}

function NotShown({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  if (!(error instanceof ProblemError && error.problem.status === 404)) {
    return <Failure error={error} onRetry={onRetry} />;
  }
  return <Empty title="Nothing is shared here">{sentence(error)}</Empty>;
}

function NotWhole() {
  return (
    <div className="page">
      <h1 className="sr">Shared</h1>
      <Empty
        title="The link is not whole"
        actions={
          <Link className="btn" to="/">
            Sign in
          </Link>
        }
      >
        Its last part, after the <span className="mono">#</span>, is missing. After a reload it is gone from
        the address, too. Open the link again that you were given.
      </Empty>
    </div>
  );
}

function Frame({ children }: { children: ReactNode }) {
  useEffect(() => {
    document.title = "Shared · Promptcards";
  }, []);
  return (
    <div className="shared">
      <a className="skip" href="#main">
        Skip to content
      </a>
      <header className="bar">
        <Icon name="mark" />
        <span className="medium">Promptcards</span>
        <span className="push">
          <ThemeMenu />
        </span>
      </header>
      <main className="main" id="main" tabIndex={-1}>
        {children}
      </main>
      <Toasts />
    </div>
  );
}

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { client, read } from "@/api/client";
import { ProblemError, sentence } from "@/api/problem";
import { sendBare } from "@/api/send";
import { entered, signIn } from "@/api/session";
import type { LinkContent } from "@/api/types";
import { leave } from "@/api/workspace";
import { Button } from "@/components/Button";
import { SkeletonLines } from "@/components/States";
import { AccountForm, type NewAccount } from "./AccountForm";
import { Frame } from "./Frame";
import { NotWhole } from "./NotWhole";
import { useSecret } from "./useSecret";

type Kind = "invitation" | "reset";

export function InvitationPage() {
  return <LinkPage kind="invitation" />;
}

export function ResetPage() {
  return <LinkPage kind="reset" />;
}

/** What a link that works once opens: an account for who was invited, or a new password. */
function LinkPage({ kind }: { kind: Kind }) {
  const secret = useSecret();
  const link = useQuery({
    queryKey: ["link", secret],
    queryFn: ({ signal }) =>
      read(client.POST("/api/v1/links/look", { body: { secret }, signal, fetch: sendBare })),
    enabled: secret !== "",
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  if (!secret) return <NotWhole kind={kind} />;
  if (link.isError) return <Spent kind={kind} error={link.error} onRetry={() => void link.refetch()} />;
  if (!link.data) {
    return (
      <Frame title="One moment">
        <SkeletonLines label="Looking at the link" lines={5} />
      </Frame>
    );
  }
  return <AcceptForm secret={secret} link={link.data} />;
}

function Spent({ kind, error, onRetry }: { kind: Kind; error: unknown; onRetry: () => void }) {
  const refused = error instanceof ProblemError && error.problem.status < 500 && error.problem.status !== 429;
  return (
    <Frame title="The link does not work">
      <h1>{refused ? "This link does not work any more" : "The link could not be looked at"}</h1>
      <p>
        {refused
          ? `${sentence(error)} ${kind === "reset" ? "Ask an admin for another one." : "Ask who invited you for another one."}`
          : sentence(error)}
      </p>
      {refused ? (
        <Link className="btn" to="/">
          Sign in
        </Link>
      ) : (
        <Button icon="retry" onClick={onRetry}>
          Try again
        </Button>
      )}
    </Frame>
  );
}

function AcceptForm({ secret, link }: { secret: string; link: LinkContent }) {
  const isReset = link.kind === "reset";
  async function accept({ name, password }: NewAccount) {
    const begun = await read(
      client.POST("/api/v1/links/accept", {
        body: { secret, password, ...(isReset ? {} : { name }) },
        fetch: sendBare,
      }),
    );
    await enterAs(name, password, begun !== undefined);
  }
  return (
    <Frame title={isReset ? "New password" : "Invitation"}>
      <h1>{isReset ? `New password for ${link.name}` : `Join ${window.location.host}`}</h1>
      <p className="dim">
        {isReset
          ? "The sessions of this account end when it is set."
          : "You were invited. Choose a name and a password, and you are in."}
      </p>
      <AccountForm
        name={link.name ?? ""}
        named={isReset}
        action={isReset ? "Set the password" : "Make the account"}
        save={accept}
      />
    </Frame>
  );
}

/** In with the session that the answer began, or else with the password; who has a second factor signs in at home. */
async function enterAs(name: string, password: string, begun: boolean): Promise<void> {
  if (begun) await entered();
  else await signIn({ name, password }).catch(() => undefined);
  leave.to("/");
}

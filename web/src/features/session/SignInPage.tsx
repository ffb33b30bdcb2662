import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { Button } from "@/components/Button";
import { Frame } from "./Frame";
import { registrationQuery, setupQuery } from "./queries";
import { SignInForm } from "./SignInForm";

/** Stands at the address that was asked for; after signing in, what is there is seen. */
export function SignInPage() {
  const setup = useQuery(setupQuery);
  if (setup.data?.needed) return <SetupNeeded onLookAgain={() => void setup.refetch()} />;
  return (
    <Frame title="Sign in">
      <h1>Sign in to {window.location.host}</h1>
      <SignInForm>
        <Help />
      </SignInForm>
    </Frame>
  );
}

function Help() {
  const registration = useQuery(registrationQuery);
  const [forgot, setForgot] = useState(false);
  return (
    <div className="hint stack">
      {forgot ? (
        <p role="status">
          An admin of this server can give you a link for a new password. Nobody can read the old one.
        </p>
      ) : (
        <button type="button" className="link" onClick={() => setForgot(true)}>
          Forgot the password?
        </button>
      )}
      <p>
        {registration.data?.open ? (
          <>
            No account? <Link to="/register">Make one</Link>.
          </>
        ) : (
          "No account? Ask the person who runs this server for an invitation."
        )}
      </p>
    </div>
  );
}

function SetupNeeded({ onLookAgain }: { onLookAgain: () => void }) {
  return (
    <Frame title="A new server">
      <h1>This server has no account yet</h1>
      <p>
        It printed a link when it started, which ends in <span className="mono">/setup#</span> and a secret.
        Open that link to make the first account.
      </p>
      <p className="hint">
        The link is also in the file <span className="mono">setup-token</span> of its data folder. It works
        once, for 24 hours; a restart makes another.
      </p>
      <Button icon="retry" onClick={onLookAgain}>
        Look again
      </Button>
    </Frame>
  );
}

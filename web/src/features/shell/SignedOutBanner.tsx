import { askToSignIn } from "@/api/session";
import { useSessionState } from "@/api/sessionState";
import { Button } from "@/components/Button";
import { Icon } from "@/components/Icon";

/** Says that the session has ended, to somebody who put off signing in again. */
export function SignedOutBanner() {
  const state = useSessionState();
  if (state.status !== "ended" || state.asking) return null;
  return (
    <div className="banner" role="status">
      <Icon name="error" />
      <p>
        <strong className="medium">You are signed out.</strong> What you see is what was here, and what you
        typed is kept on this page. Nothing is saved until you sign in.
      </p>
      <Button kind="quiet" icon="person" onClick={askToSignIn}>
        Sign in
      </Button>
    </div>
  );
}

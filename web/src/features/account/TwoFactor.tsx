import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client, read } from "@/api/client";
import { sentence } from "@/api/problem";
import { loadSession } from "@/api/session";
import type { Account } from "@/api/types";
import { Button } from "@/components/Button";
import { CopyField } from "@/components/CopyField";
import { TextField } from "@/components/Fields";
import { lazily } from "@/components/lazily";
import { toast } from "@/components/toasts";
import { VerdictChip } from "@/components/Verdict";
import { PasswordDialog } from "./PasswordDialog";
import { accountQuery } from "./queries";
import { RecoveryCodes } from "./RecoveryCodes";

// Without the drawing the secret can be typed.
const QrCode = lazily(
  "qr-code",
  async () => (await import("./QrCode")).QrCode,
  () => null,
);

/** A code from a phone beside the password: set up, given other recovery codes, and taken away. */
export function TwoFactor({ account }: { account: Account }) {
  const queryClient = useQueryClient();
  const [codes, setCodes] = useState<{ codes: string[]; renewed: boolean }>();
  const [asking, setAsking] = useState<"codes" | "removal">();
  const begin = useMutation({ mutationFn: () => read(client.POST("/api/v1/account/two-factor")) });
  function changed(twoFactor: boolean) {
    queryClient.setQueryData(accountQuery.queryKey, { ...account, two_factor: twoFactor });
    void loadSession();
  }
  return (
    <section className="section" aria-labelledby="two-factor">
      <div className="section__head">
        <h2 id="two-factor">Two-factor</h2>
        {account.two_factor && <VerdictChip mark="pass" word="On" />}
      </div>
      {codes ? (
        <RecoveryCodes {...codes} name={account.name} onDone={() => setCodes(undefined)} />
      ) : account.two_factor ? (
        <div className="form">
          <p className="dim">Signing in asks for a code of your authenticator, or for a recovery code.</p>
          <div className="line line--wrap">
            <Button onClick={() => setAsking("codes")}>Make new recovery codes</Button>
            <Button kind="danger" onClick={() => setAsking("removal")}>
              Turn off
            </Button>
          </div>
        </div>
      ) : begin.data ? (
        <Confirm
          secret={begin.data.secret}
          uri={begin.data.uri}
          onCancel={() => begin.reset()}
          onCodes={(fresh) => {
            setCodes({ codes: fresh, renewed: false });
            changed(true);
          }}
        />
      ) : (
        <div className="form">
          <p className="dim">
            With it a stolen password is not enough. You need an authenticator: an app on a phone, or a
            password manager that makes codes.
          </p>
          {begin.error && (
            <p className="t-fail small" role="alert">
              {sentence(begin.error)}
            </p>
          )}
          <div className="line">
            <Button busy={begin.isPending} onClick={() => begin.mutate()}>
              Set up two-factor
            </Button>
          </div>
        </div>
      )}
      {asking === "codes" && (
        <PasswordDialog
          title="Make new recovery codes?"
          keep="Cancel"
          action="Make new codes"
          send={(body) => read(client.POST("/api/v1/account/two-factor/recovery-codes", { body }))}
          onClose={() => setAsking(undefined)}
          onDone={({ recovery_codes }) => {
            setAsking(undefined);
            setCodes({ codes: recovery_codes, renewed: true });
          }}
        >
          The codes that you have stop working, those that you did not use yet, too.
        </PasswordDialog>
      )}
      {asking === "removal" && (
        <PasswordDialog
          title="Turn two-factor off?"
          keep="Keep it"
          action="Turn off"
          danger
          send={(body) => read(client.DELETE("/api/v1/account/two-factor", { body }))}
          onClose={() => setAsking(undefined)}
          onDone={() => {
            setAsking(undefined);
            changed(false);
            toast("Two-factor is off. The password alone signs in.");
          }}
        >
          The password alone signs in then, and the recovery codes stop working.
        </PasswordDialog>
      )}
    </section>
  );
}

function Confirm({
  secret,
  uri,
  onCancel,
  onCodes,
}: {
  secret: string;
  uri: string;
  onCancel: () => void;
  onCodes: (codes: string[]) => void;
}) {
  const [code, setCode] = useState("");
  const confirm = useMutation({
    mutationFn: () =>
      read(client.POST("/api/v1/account/two-factor/confirm", { body: { code: code.replaceAll(" ", "") } })),
    onSuccess: ({ recovery_codes }) => onCodes(recovery_codes),
  });
  return (
    <div className="totp">
      <QrCode text={uri} label="The secret, for the camera of an authenticator" />
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (!confirm.isPending) confirm.mutate();
        }}
      >
        <p>
          Scan this with your authenticator, or type the secret into it. Then give the code that it shows.
        </p>
        <CopyField label="Secret" value={secret} />
        <TextField
          label="Code"
          className="input mono"
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={7}
          value={code}
          onChange={(event) => setCode(event.target.value)}
          error={confirm.error ? sentence(confirm.error) : undefined}
          autoFocus
        />
        <div className="line">
          <Button kind="primary" type="submit" busy={confirm.isPending} disabled={code === ""}>
            Turn on
          </Button>
          <Button kind="quiet" onClick={onCancel}>
            Cancel
          </Button>
        </div>
      </form>
    </div>
  );
}

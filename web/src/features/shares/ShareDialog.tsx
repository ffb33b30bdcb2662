import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { client, read, WORKSPACE } from "@/api/client";
import { ProblemError, sentence } from "@/api/problem";
import { Button } from "@/components/Button";
import { CopyField } from "@/components/CopyField";
import { Checkbox, SelectField, TextField } from "@/components/Fields";
import { Dialog } from "@/components/Layers";
import { exact } from "@/lib/time";
import { type Shareable, sharesQuery } from "./queries";
import { SharesPart } from "./SharesPart";
import "./shares.css";

const DAYS = [1, 7, 30, 90, 365];

/** Lets others read a card or a run: by a link, by their accounts, or by both. */
export function ShareDialog({ of, title, onClose }: { of: Shareable; title: string; onClose: () => void }) {
  const form = useId();
  const queryClient = useQueryClient();
  const [days, setDays] = useState(30);
  const [link, setLink] = useState(true);
  const [accounts, setAccounts] = useState("");
  const names = accounts.split(/[\s,]+/).filter(Boolean);
  const share = useMutation({
    mutationFn: () =>
      read(
        client.POST("/api/v1/workspaces/{ws}/shares", {
          params: { path: WORKSPACE },
          body: { ...of, expires_in_days: days, link, accounts: names },
        }),
      ),
    onSuccess: () => {
      setAccounts("");
      void queryClient.invalidateQueries({ queryKey: sharesQuery(of).queryKey });
    },
  });
  const wrongName = share.error instanceof ProblemError ? atAccounts(share.error) : undefined;
  const made = share.data;
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Share ${title}`}
      actions={
        <>
          {share.error && !wrongName && (
            <span className="t-fail small" role="alert">
              {sentence(share.error)}
            </span>
          )}
          <Button onClick={onClose}>Close</Button>
          <Button
            kind="primary"
            type="submit"
            form={form}
            busy={share.isPending}
            disabled={!link && names.length === 0}
          >
            Share
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (!share.isPending) share.mutate();
        }}
      >
        <p>
          Others read this and nothing else, and change nothing.{" "}
          {"card" in of
            ? "They see its versions, labels and cases, also those to come."
            : "They see its cases, prompts and outputs."}
        </p>
        {made?.path && (
          <CopyField
            label="Link"
            value={new URL(made.path, window.location.origin).href}
            note={`It is shown now and never again. Whoever has it can read this until ${exact(made.share.expires_at)}.`}
          />
        )}
        {made && !made.path && (
          <p role="status">Shared with {made.share.accounts.join(", ")}. They find it under their account.</p>
        )}
        <Checkbox checked={link} onChange={(event) => setLink(event.target.checked)}>
          Make a link, by which anybody can read it
        </Checkbox>
        <TextField
          label="Accounts"
          hint="optional"
          note="Their names, with spaces between. They find it under their account."
          autoCapitalize="none"
          spellCheck={false}
          value={accounts}
          onChange={(event) => setAccounts(event.target.value)}
          error={wrongName}
        />
        <SelectField label="For" value={days} onChange={(event) => setDays(Number(event.target.value))}>
          {DAYS.map((value) => (
            <option key={value} value={value}>
              {value === 1 ? "1 day" : value === 365 ? "a year" : `${value} days`}
            </option>
          ))}
        </SelectField>
      </form>
      <SharesPart of={of} />
    </Dialog>
  );
}

/** What is wrong with the names, if one of them is. */
function atAccounts({ problem }: ProblemError): string | undefined {
  return problem.errors?.find(({ pointer }) => pointer.startsWith("/accounts"))?.detail;
}

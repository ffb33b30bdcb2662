import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { client, read, WORKSPACE } from "@/api/client";
import { ProblemError, sentence } from "@/api/problem";
import { ownWorkspaces, useSession } from "@/api/sessionState";
import type { Budget, Scope } from "@/api/types";
import { BudgetFields } from "@/components/BudgetFields";
import { Button } from "@/components/Button";
import { budgetOf, KINDS, problemsOf, typedOf } from "@/components/budget";
import { CopyField } from "@/components/CopyField";
import { Checkbox, SelectField, TextField } from "@/components/Fields";
import { Dialog } from "@/components/Layers";
import { keysQuery } from "./queries";

const SCOPES: readonly { value: Scope; what: string; writes?: true }[] = [
  { value: "cards:read", what: "read cards, versions, labels and cases" },
  { value: "cards:write", what: "change them", writes: true },
  { value: "runs:read", what: "read runs and models" },
  { value: "runs:write", what: "start, pause and cancel runs", writes: true },
  { value: "models:write", what: "pull and delete models", writes: true },
  { value: "export", what: "take the workspace away as one file" },
];
const DAYS = [
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "1 year" },
];

/** Makes a key and shows it once. */
export function NewKeyDialog({ onClose }: { onClose: () => void }) {
  const form = useId();
  const queryClient = useQueryClient();
  const session = useSession();
  const workspaces = session ? ownWorkspaces(session) : [];
  const here = workspaces.some(({ slug }) => slug === WORKSPACE.ws)
    ? WORKSPACE.ws
    : (workspaces[0]?.slug ?? "");
  const [name, setName] = useState("");
  const [workspace, setWorkspace] = useState(here);
  const [scopes, setScopes] = useState<ReadonlySet<Scope>>(new Set(["cards:read"]));
  const [days, setDays] = useState("90");
  const [budget, setBudget] = useState(() => typedOf({}));
  const [touched, setTouched] = useState(false);
  const create = useMutation({
    mutationFn: () =>
      read(
        client.POST("/api/v1/account/api-keys", {
          body: {
            name: name.trim(),
            workspace,
            scopes: SCOPES.map(({ value }) => value).filter((value) => scopes.has(value)),
            expires_in_days: Number(days),
            ...(Object.values(budget).some((typed) => typed.trim() !== "")
              ? { budget: budgetOf(budget) }
              : {}),
          },
        }),
      ),
    onSuccess: () => void queryClient.invalidateQueries({ queryKey: keysQuery.queryKey }),
  });
  const viewer = workspaces.find(({ slug }) => slug === workspace)?.role === "viewer";
  const refused = create.error instanceof ProblemError ? create.error : undefined;
  const nameError =
    refused?.at("/name") ?? (touched && name.trim() === "" ? "A key needs a name" : undefined);
  const scopesError =
    refused?.at("/scopes") ?? (touched && scopes.size === 0 ? "Without any it may do nothing" : undefined);
  const problems = problemsOf(budget);
  const budgetError = (of: keyof Budget) =>
    (touched ? problems[of] : undefined) ?? refused?.at(`/budget/${of}`);
  const isPlaced = nameError || scopesError || KINDS.some(({ of }) => budgetError(of));
  if (create.data) {
    return (
      <Dialog
        open
        onClose={onClose}
        title="Keep this key"
        actions={
          <Button kind="primary" onClick={onClose}>
            I have kept it
          </Button>
        }
      >
        <div className="form">
          <p>It is shown now and never again: the server keeps only what it needs to recognise it.</p>
          <CopyField label={create.data.name} value={create.data.key} />
          <p className="hint">
            Programs send it as <span className="mono">Authorization: Bearer</span>.
          </p>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title="New API key"
      actions={
        <>
          {create.error && !isPlaced && (
            <span className="t-fail small" role="alert">
              {sentence(create.error)}
            </span>
          )}
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} busy={create.isPending}>
            Make key
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          setTouched(true);
          const sound = name.trim() !== "" && scopes.size > 0 && Object.keys(problems).length === 0;
          if (sound && !create.isPending) create.mutate();
        }}
      >
        <TextField
          label="Name"
          note="What will use it, so that you know it again."
          placeholder="ci of the support team"
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={nameError}
          autoFocus
        />
        {workspaces.length > 1 && (
          <SelectField
            label="Workspace"
            note="The only one that it opens."
            value={workspace}
            onChange={(event) => setWorkspace(event.target.value)}
          >
            {workspaces.map((each) => (
              <option key={each.slug} value={each.slug}>
                {each.name}
              </option>
            ))}
          </SelectField>
        )}
        <fieldset className="scopes">
          <legend className="field__label">It may</legend>
          {SCOPES.map(({ value, what, writes }) => (
            <Checkbox
              key={value}
              checked={scopes.has(value)}
              disabled={viewer && writes === true}
              onChange={(event) => {
                const next = new Set(scopes);
                if (event.target.checked) next.add(value);
                else next.delete(value);
                setScopes(next);
              }}
            >
              <span>
                {what} <span className="mono hint">{value}</span>
              </span>
            </Checkbox>
          ))}
          {viewer && <p className="field__note">You are a viewer there: a key of yours can only read.</p>}
          {scopesError && <p className="field__error">{scopesError}</p>}
        </fieldset>
        <SelectField label="Ends" value={days} onChange={(event) => setDays(event.target.value)}>
          {DAYS.map(({ value, label }) => (
            <option key={label} value={value}>
              {label}
            </option>
          ))}
        </SelectField>
        <fieldset className="key__budget">
          <legend className="field__label">
            Its runs may use on one day <span className="hint">optional</span>
          </legend>
          <BudgetFields typed={budget} onType={setBudget} errorOf={budgetError} />
        </fieldset>
      </form>
    </Dialog>
  );
}

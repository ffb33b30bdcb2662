import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { client, read } from "@/api/client";
import { ProblemError, sentence } from "@/api/problem";
import type { ApiKey, Budget } from "@/api/types";
import { BudgetFields } from "@/components/BudgetFields";
import { Button } from "@/components/Button";
import { budgetOf, KINDS, problemsOf, typedOf } from "@/components/budget";
import { Dialog } from "@/components/Layers";
import { toast } from "@/components/toasts";
import { keysQuery } from "./queries";

/** Sets what the runs that a key starts may use on each day. */
export function KeyBudgetDialog({ item, onClose }: { item: ApiKey; onClose: () => void }) {
  const form = useId();
  const queryClient = useQueryClient();
  const [typed, setTyped] = useState(() => typedOf(item.budget));
  const [touched, setTouched] = useState(false);
  const save = useMutation({
    mutationFn: (body: Budget) =>
      read(client.PUT("/api/v1/account/api-keys/{key}/budget", { params: { path: { key: item.id } }, body })),
    onSuccess: () => {
      toast(`Budget of ${item.name} saved`, { undo: () => save.mutate(item.budget) });
      void queryClient.invalidateQueries({ queryKey: keysQuery.queryKey });
    },
  });
  const refused = save.error instanceof ProblemError ? save.error : undefined;
  const problems = problemsOf(typed);
  const errorOf = (of: keyof Budget) => (touched ? problems[of] : undefined) ?? refused?.at(`/${of}`);
  const isPlaced = KINDS.some(({ of }) => errorOf(of));
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Budget of ${item.name}`}
      actions={
        <>
          {save.error && !isPlaced && (
            <span className="t-fail small" role="alert">
              {sentence(save.error)}
            </span>
          )}
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} busy={save.isPending}>
            Save budget
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
          if (Object.keys(problems).length > 0 || save.isPending) return;
          save.mutate(budgetOf(typed), { onSuccess: onClose });
        }}
      >
        <p className="hint">
          What the runs that it starts may use on one day (UTC). One that would go beyond it pauses and says
          so. The budget of the workspace holds as well.
        </p>
        <BudgetFields typed={typed} onType={setTyped} errorOf={errorOf} />
      </form>
    </Dialog>
  );
}

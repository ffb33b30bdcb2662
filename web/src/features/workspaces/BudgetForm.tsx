import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client, read, WORKSPACE } from "@/api/client";
import { ProblemError, sentence } from "@/api/problem";
import type { Budget } from "@/api/types";
import { BudgetFields } from "@/components/BudgetFields";
import { Button } from "@/components/Button";
import { budgetOf, KINDS, problemsOf, typedOf } from "@/components/budget";
import { toast } from "@/components/toasts";
import { budgetQuery } from "./queries";

/** Sets what may be used on each day. */
export function BudgetForm({ budget }: { budget: Budget }) {
  const queryClient = useQueryClient();
  const [typed, setTyped] = useState(() => typedOf(budget));
  const [touched, setTouched] = useState(false);
  const save = useMutation({
    mutationFn: (body: Budget) =>
      read(client.PUT("/api/v1/workspaces/{ws}/budget", { params: { path: WORKSPACE }, body })),
    onSuccess: (saved) => {
      queryClient.setQueryData(budgetQuery.queryKey, saved);
      setTyped(typedOf(saved.budget));
      setTouched(false);
      toast("Budget saved", { undo: () => save.mutate(budget) });
    },
  });
  const refused = save.error instanceof ProblemError ? save.error : undefined;
  const problems = problemsOf(typed);
  const errorOf = (of: keyof Budget) => (touched ? problems[of] : undefined) ?? refused?.at(`/${of}`);
  const isPlaced = KINDS.some(({ of }) => errorOf(of));
  return (
    <section className="section" aria-labelledby="each-day">
      <div className="section__head">
        <h2 id="each-day">On each day</h2>
      </div>
      <form
        className="form budget__form"
        onSubmit={(event) => {
          event.preventDefault();
          setTouched(true);
          if (Object.keys(problems).length > 0 || save.isPending) return;
          save.mutate(budgetOf(typed));
        }}
      >
        <BudgetFields typed={typed} onType={setTyped} errorOf={errorOf} />
        {save.error && !isPlaced && (
          <p className="t-fail small" role="alert">
            {sentence(save.error)}
          </p>
        )}
        <div className="line">
          <Button
            type="submit"
            busy={save.isPending}
            disabled={JSON.stringify(typed) === JSON.stringify(typedOf(budget))}
          >
            Save budget
          </Button>
        </div>
      </form>
    </section>
  );
}

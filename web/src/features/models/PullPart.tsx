import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ProblemError, sentence } from "@/api/problem";
import { Button } from "@/components/Button";
import { TextField } from "@/components/Fields";
import { useDismissedPulls } from "./dismissed";
import { PullEnded, PullProgress } from "./PullProgress";
import { isRunning, pullsQuery, useStartPull } from "./pulls";

/** The models on their way to a server, each as its last pull has it, and the form that sends for one. */
export function PullPart({ providerId }: { providerId: string }) {
  const pulls = useQuery(pullsQuery(providerId)).data ?? [];
  const [dismissed, dismiss] = useDismissedPulls();
  const shown = pulls.filter(
    (pull, index) =>
      pull.state !== "finished" &&
      !dismissed.includes(pull.id) &&
      !pulls.slice(0, index).some((newer) => newer.model === pull.model),
  );
  return (
    <div className="pulls">
      {shown.map((pull) =>
        isRunning(pull) ? (
          <PullProgress key={pull.id} pull={pull} />
        ) : (
          <PullEnded key={pull.id} pull={pull} onDismiss={() => dismiss(pull.id)} />
        ),
      )}
      <PullForm providerId={providerId} />
    </div>
  );
}

function PullForm({ providerId }: { providerId: string }) {
  const [name, setName] = useState("");
  const start = useStartPull(providerId);
  const wanted = name.trim();
  function submit(event: FormEvent) {
    event.preventDefault();
    if (wanted && !start.isPending) start.mutate(wanted, { onSuccess: () => setName("") });
  }
  const { error } = start;
  return (
    <form className="pulls__form" onSubmit={submit}>
      <TextField
        label="Pull a model"
        className="input mono"
        placeholder="llama3.2:latest"
        maxLength={200}
        spellCheck={false}
        value={name}
        note="A name of Ollama's library, or hf.co/team/model:Q4_K_M"
        error={error ? (error instanceof ProblemError && error.at("/name")) || sentence(error) : undefined}
        onChange={(event) => {
          setName(event.target.value);
          start.reset();
        }}
      />
      <Button type="submit" className="btn--lg" icon="get" busy={start.isPending} disabled={wanted === ""}>
        Pull
      </Button>
    </form>
  );
}

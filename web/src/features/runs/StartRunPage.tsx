import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { client, once, read, WORKSPACE } from "@/api/client";
import { RUNS } from "@/api/keys";
import { ProblemError, sentence } from "@/api/problem";
import type { RunRequest } from "@/api/types";
import { Button } from "@/components/Button";
import { Checkbox, TextField } from "@/components/Fields";
import { usePage } from "@/components/Page";
import { ParametersForm } from "@/components/ParametersForm";
import { useHotkeys } from "@/lib/hotkeys";
import { ChooseCard } from "./ChooseCard";
import { ChooseCases } from "./ChooseCases";
import { ChooseModels } from "./ChooseModels";
import { EstimatePart } from "./EstimatePart";
import { lastModels, REPEATS_LIMIT, rememberModels, repeatsOf, requestOf, type StartForm } from "./startForm";
import { useEstimate } from "./useEstimate";
import "./start.css";
import { useRights } from "@/api/sessionState";
import { ReadOnly } from "@/features/workspaces";

const route = getRouteApi("/runs/new");

/** What to run, on which models, how often; what it will take; and off it goes. */
export function StartRunPage() {
  usePage("New run", [{ label: "Runs", to: "/runs" }]);
  return useRights().edit ? <StartRunForm /> : <NotAllowed />;
}

function NotAllowed() {
  return (
    <div className="page">
      <h1>New run</h1>
      <ReadOnly cannot="start runs" />
      <Link className="btn" to="/runs">
        Runs
      </Link>
    </div>
  );
}

function StartRunForm() {
  const { card, version } = route.useSearch();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [form, setForm] = useState<StartForm>(() => ({
    card: card ?? "",
    versions: version === undefined ? [] : [version],
    models: lastModels(),
    repeats: "1",
    tags: [],
    parameters: {},
    note: "",
    cache: true,
  }));
  const [suiteId, setSuiteId] = useState<string>();
  const request = requestOf(form);
  const { estimate, error, settled } = useEstimate(request);
  const start = useMutation({
    mutationFn: (wanted: RunRequest) =>
      read(
        client.POST("/api/v1/workspaces/{ws}/runs", {
          params: { path: WORKSPACE, header: once() },
          body: wanted,
        }),
      ),
    onSuccess: (run) => {
      rememberModels(form.models);
      void queryClient.invalidateQueries({ queryKey: RUNS });
      void navigate({ to: "/runs/$runId", params: { runId: run.id } });
    },
  });
  const blocked = settled && (estimate?.problems.length ?? 0) > 0;
  function submit() {
    if (request && !blocked && !start.isPending) start.mutate(request);
  }
  useHotkeys({ "mod+enter": submit });
  const repeatsWrong = repeatsOf(form.repeats) === null;
  return (
    <div className="page start">
      <div className="page__head">
        <h1>New run</h1>
      </div>
      <div className="start__form">
        <ChooseCard
          slug={form.card}
          versions={form.versions}
          onCard={(slug) => setForm((before) => ({ ...before, card: slug, versions: [], tags: [] }))}
          onVersions={(versions) => setForm((before) => ({ ...before, versions }))}
          onSuite={setSuiteId}
        />
        <ChooseModels
          models={form.models}
          onChange={(models) => setForm((before) => ({ ...before, models }))}
        />
        <ChooseCases
          suiteId={suiteId}
          tags={form.tags}
          onChange={(tags) => setForm((before) => ({ ...before, tags }))}
        />
        <section className="part" aria-label="How">
          <div className="part__head">
            <h2>How</h2>
          </div>
          <div className="vars__pair">
            <TextField
              label="Repeats"
              hint="of each case"
              className="input num"
              inputMode="numeric"
              value={form.repeats}
              error={repeatsWrong ? `Use a whole number from 1 to ${REPEATS_LIMIT}` : undefined}
              onChange={(event) => setForm((before) => ({ ...before, repeats: event.target.value }))}
            />
            <TextField
              label="Note"
              hint="optional"
              value={form.note}
              maxLength={500}
              onChange={(event) => setForm((before) => ({ ...before, note: event.target.value }))}
            />
          </div>
          <Checkbox
            checked={form.cache}
            onChange={(event) => setForm((before) => ({ ...before, cache: event.target.checked }))}
          >
            Take the answers that earlier runs got to the same prompts
          </Checkbox>
          <p className="hint">Cases with a limit of time are asked anew.</p>
          <details className="more">
            <summary>
              Parameters <span className="hint">over those of the card</span>
            </summary>
            <ParametersForm
              value={form.parameters}
              onChange={(parameters) => setForm((before) => ({ ...before, parameters }))}
            />
          </details>
        </section>
      </div>
      <aside className="start__side" aria-label="Estimate">
        <EstimatePart form={form} estimate={estimate} error={error} />
        <Button
          kind="primary"
          className="btn--lg btn--wide"
          icon="run"
          busy={start.isPending}
          disabled={request === null || blocked}
          onClick={submit}
        >
          Start run
        </Button>
        {start.isError && (
          <div className="t-fail small after" role="alert">
            <p>Not started. {sentence(start.error)}</p>
            {start.error instanceof ProblemError &&
              start.error.problem.errors?.map((part) => (
                <p key={`${part.pointer} ${part.detail}`}>{part.detail}</p>
              ))}
          </div>
        )}
      </aside>
    </div>
  );
}

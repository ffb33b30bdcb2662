import { useQueries, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import type { Model, Provider, ProviderModels } from "@/api/types";
import { Coded } from "@/components/Coded";
import { Checkbox } from "@/components/Fields";
import { Icon } from "@/components/Icon";
import { Failure, SkeletonLines } from "@/components/States";
import { Simulated } from "@/components/Verdict";
import { modelsQuery, PullMissing, providersQuery } from "@/features/models";
import { bytes } from "@/lib/format";
import { isChosen, type ModelRef, toggled } from "./startForm";

interface Props {
  models: ModelRef[];
  onChange: (models: ModelRef[]) => void;
}

/** The models to ask, server by server. */
export function ChooseModels({ models, onChange }: Props) {
  const providers = useQuery(providersQuery);
  const lists = useQueries({ queries: (providers.data ?? []).map((provider) => modelsQuery(provider.id)) });
  const gone = models.filter(
    (chosen) =>
      lists.every((list) => list.data !== undefined) &&
      providers.data !== undefined &&
      !lists.some(
        (list, index) =>
          providers.data[index]?.name === chosen.provider &&
          list.data?.items.some((model) => model.name === chosen.model),
      ),
  );
  useFirstChoice(
    providers.data,
    lists.map((list) => list.data),
    models,
    onChange,
  );
  return (
    <section className="part" aria-label="On which models">
      <div className="part__head">
        <h2>On which models</h2>
        <Link className="push" to="/models">
          Model servers
        </Link>
      </div>
      {providers.isError && <Failure error={providers.error} onRetry={() => void providers.refetch()} />}
      {providers.isPending && <SkeletonLines label="Loading models" />}
      {providers.data?.map((provider, index) => (
        <ProviderModelsChoice
          key={provider.id}
          provider={provider}
          list={lists[index]?.data}
          models={models}
          onChange={onChange}
        />
      ))}
      {gone.map((model) => {
        const provider = providers.data?.find(({ name }) => name === model.provider);
        return (
          <div className="options" key={`${model.provider} ${model.model}`}>
            <Checkbox checked onChange={() => onChange(toggled(models, model))}>
              <span className="mono">{model.model}</span>
              <span className="t-error">not found on {model.provider} any more</span>
            </Checkbox>
            {provider && <PullMissing provider={provider} model={model.model} />}
          </div>
        );
      })}
    </section>
  );
}

/** Begins with one model that can answer now: a loaded one before others, a real one before a simulated one. */
function useFirstChoice(
  providers: Provider[] | undefined,
  lists: (ProviderModels | undefined)[],
  models: ModelRef[],
  onChange: (models: ModelRef[]) => void,
) {
  const done = useRef(models.length > 0);
  useEffect(() => {
    if (done.current || !providers || lists.length === 0 || lists.some((list) => list === undefined)) return;
    done.current = true;
    const all = providers.flatMap((provider, index) =>
      (lists[index]?.reachable ? lists[index].items : [])
        .filter(canAnswer)
        .map((model) => ({ provider, model })),
    );
    const [best] = all.sort(
      (a, b) =>
        Number(a.model.simulated) - Number(b.model.simulated) ||
        Number(b.model.loaded) - Number(a.model.loaded),
    );
    if (best) onChange([{ provider: best.provider.name, model: best.model.name }]);
  });
}

/** An embedding model has no answer to judge. A server that does not say is taken at its best. */
function canAnswer(model: Model): boolean {
  return model.capabilities.length === 0 || model.capabilities.includes("completion");
}

function ProviderModelsChoice({
  provider,
  list,
  models,
  onChange,
}: Props & { provider: Provider; list: ProviderModels | undefined }) {
  return (
    <fieldset className="options" aria-label={provider.name}>
      <p className="options__head">
        <span className="medium">{provider.name}</span>
        {provider.simulated && <Simulated />}
      </p>
      {!list && <SkeletonLines label={`Asking ${provider.name}`} lines={2} />}
      {list && !list.reachable && (
        <p className="line line--tight small t-error">
          <Icon name="error" />
          <span className="wrap">
            <Coded text={`${list.problem ?? ""} ${list.remedy ?? ""}`} />
          </span>
        </p>
      )}
      {list?.reachable && list.items.length === 0 && (
        <p className="hint">
          It has no models yet.{" "}
          {provider.kind === "ollama" && <Link to="/models">Pull one under Model servers.</Link>}
        </p>
      )}
      {list?.items.map((model) => {
        const one = { provider: provider.name, model: model.name };
        const cannot = !canAnswer(model) || !list.reachable;
        return (
          <Checkbox
            key={model.name}
            checked={isChosen(models, one)}
            disabled={cannot && !isChosen(models, one)}
            onChange={() => onChange(toggled(models, one))}
          >
            <span className="mono cut">{model.name}</span>
            <span className="hint num">
              {!canAnswer(model)
                ? "answers no prompts"
                : [
                    model.parameter_size,
                    model.quantization,
                    typeof model.size_bytes === "number" ? bytes(model.size_bytes) : null,
                  ]
                    .filter(Boolean)
                    .join(", ")}
            </span>
            {model.loaded && !model.simulated && <span className="chip">loaded</span>}
          </Checkbox>
        );
      })}
    </fieldset>
  );
}

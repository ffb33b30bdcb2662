import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Model, Provider } from "@/api/types";
import { Button } from "@/components/Button";
import { Coded } from "@/components/Coded";
import { Icon } from "@/components/Icon";
import { usePage } from "@/components/Page";
import { Empty, Failure, SkeletonRows } from "@/components/States";
import { Simulated, VerdictMark } from "@/components/Verdict";
import { When } from "@/components/When";
import { bytes, count, plural, shortDigest } from "@/lib/format";
import { DeleteModel } from "./DeleteModel";
import { DiagnosisPart } from "./DiagnosisPart";
import { PullPart } from "./PullPart";
import { modelsQuery, providersQuery } from "./queries";
import "./models.css";
import { useRights } from "@/api/sessionState";
import { ReadOnly } from "@/features/workspaces";

const route = getRouteApi("/models");

/** Every model server, whether it answers, and the models that it has. */
export function ModelsPage() {
  usePage("Models");
  const providers = useQuery(providersQuery);
  return (
    <div className="page">
      <div className="page__head">
        <div>
          <h1>Models</h1>
          <p>
            What the model servers have. <Link to="/providers">Providers</Link> are added and changed on a
            page of their own.
          </p>
        </div>
      </div>
      <ReadOnly cannot="pull, delete or diagnose models" needs="owner" />
      {providers.isError && !providers.data && (
        <Failure error={providers.error} onRetry={() => void providers.refetch()} />
      )}
      {providers.data?.length === 0 && (
        <Empty title="No model server">Add one under Providers, or name one in promptcards.toml.</Empty>
      )}
      {providers.data?.map((provider) => (
        <ProviderSection key={provider.id} provider={provider} />
      ))}
      {providers.isPending && (
        <table className="table" aria-busy="true">
          <tbody>
            <SkeletonRows rows={6} columns={5} />
          </tbody>
        </table>
      )}
    </div>
  );
}

function ProviderSection({ provider }: { provider: Provider }) {
  const models = useQuery(modelsQuery(provider.id));
  const { data } = models;
  const { diagnose } = route.useSearch();
  const { own } = useRights();
  const pulls = provider.kind === "ollama" && own;
  const navigate = useNavigate();
  const looksAt = (name: string | undefined) =>
    void navigate({ to: "/models", search: { diagnose: name }, replace: true });
  return (
    <section className="section" aria-label={provider.name}>
      <div className="section__head">
        <h2>{provider.name}</h2>
        {provider.simulated ? (
          <Simulated />
        ) : (
          data && (
            <VerdictMark
              mark={data.reachable ? "pass" : "error"}
              word={data.reachable ? "Answers" : "Does not answer"}
            />
          )
        )}
        <span className="mono dim cut">{provider.base_url}</span>
        <span className="push line">
          <span className="hint only-wide">
            at most {plural(provider.concurrency, "call")} at once
            {data?.checked_at && (
              <>
                , asked <When at={data.checked_at} />
              </>
            )}
          </span>
          {!provider.simulated && own && (
            <Button kind="quiet" icon="health" onClick={() => looksAt(provider.name)}>
              Diagnose
            </Button>
          )}
          <Button kind="quiet" icon="retry" busy={models.isFetching} onClick={() => void models.refetch()}>
            Refresh
          </Button>
        </span>
      </div>
      {models.isError && !data && <Failure error={models.error} onRetry={() => void models.refetch()} />}
      {data && !data.reachable && (
        <div className="banner banner--boxed before" role="status">
          <Icon name="error" />
          <p>
            <Coded text={`${data.problem ?? ""} ${data.remedy ?? ""} `} />
            {data.items.length > 0 && "Below are the models that it had."}
          </p>
        </div>
      )}
      {diagnose === provider.name && !provider.simulated && own && (
        <DiagnosisPart provider={provider} onClose={() => looksAt(undefined)} />
      )}
      {provider.simulated && (
        <p className="hint after">
          Built in, so that the main job can be done without a model server. Its answers are made up, the same
          for the same seed, and never counted.
        </p>
      )}
      {data?.reachable && data.items.length === 0 && (
        <Empty title="It has no models yet">
          {pulls
            ? "Pull one below, for example llama3.2 with 2.0 GB."
            : "Give it one where it is started, then refresh."}
        </Empty>
      )}
      {(models.isPending || (data && data.items.length > 0)) && (
        <ModelsTable provider={provider} models={data?.items} deletable={data?.reachable === true && pulls} />
      )}
      {pulls && <PullPart providerId={provider.id} />}
    </section>
  );
}

interface TableProps {
  provider: Provider;
  models: Model[] | undefined;
  deletable: boolean;
}

function ModelsTable({ provider, models, deletable }: TableProps) {
  return (
    <div className="scroll-x">
      <table className="table" aria-busy={models === undefined}>
        <thead>
          <tr>
            <th scope="col">Model</th>
            <th scope="col" className="only-wide opt">
              Digest
            </th>
            <th scope="col" className="r">
              Parameters
            </th>
            <th scope="col" className="only-wide">
              Quantisation
            </th>
            <th scope="col" className="r only-wide">
              Context
            </th>
            <th scope="col" className="r">
              Size
            </th>
            <th scope="col" className="only-wide">
              Can
            </th>
            {deletable && (
              <th scope="col">
                <span className="sr">Delete</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {models ? (
            models.map((model) => (
              <ModelRow key={model.name} model={model}>
                {deletable && (
                  <td className="r">
                    <DeleteModel provider={provider} model={model} />
                  </td>
                )}
              </ModelRow>
            ))
          ) : (
            <SkeletonRows rows={3} columns={7} />
          )}
        </tbody>
      </table>
    </div>
  );
}

function ModelRow({ model, children }: { model: Model; children: ReactNode }) {
  return (
    <tr>
      <td className="grow">
        <span className="line">
          <span className="mono name cut">{model.name}</span>
          {model.loaded && !model.simulated && <span className="chip">loaded</span>}
        </span>
      </td>
      <td className="mono dim only-wide opt">
        {model.digest && !model.simulated ? (
          <span title={model.digest}>{shortDigest(model.digest)}</span>
        ) : (
          <NotSaid />
        )}
      </td>
      <td className="r num">{model.parameter_size ?? <NotSaid />}</td>
      <td className="mono only-wide">{model.quantization ?? <NotSaid />}</td>
      <td className="r num only-wide">
        {typeof model.context_length === "number" ? count(model.context_length) : <NotSaid />}
      </td>
      <td className="r num">
        {typeof model.size_bytes === "number" ? bytes(model.size_bytes) : <NotSaid />}
      </td>
      <td className="only-wide dim small">{model.capabilities.join(", ") || <NotSaid />}</td>
      {children}
    </tr>
  );
}

function NotSaid() {
  return <span className="hint">no data</span>;
}

import { useQuery } from "@tanstack/react-query";
import type { Model, Provider } from "@/api/types";
import { Button } from "@/components/Button";
import { Coded } from "@/components/Coded";
import { Icon } from "@/components/Icon";
import { usePage } from "@/components/Page";
import { Empty, Failure, SkeletonRows } from "@/components/States";
import { Simulated, VerdictMark } from "@/components/Verdict";
import { When } from "@/components/When";
import { bytes, count, plural, shortDigest } from "@/lib/format";
import { modelsQuery, providersQuery } from "./queries";
import "./models.css";

/** Every model server, whether it answers, and the models that it has. */
export function ModelsPage() {
  usePage("Models");
  const providers = useQuery(providersQuery);
  return (
    <div className="page">
      <div className="page__head">
        <div>
          <h1>Models</h1>
          <p>Model servers come from the configuration file and its environment variables.</p>
        </div>
      </div>
      {providers.isError && !providers.data && (
        <Failure error={providers.error} onRetry={() => void providers.refetch()} />
      )}
      {providers.data?.length === 0 && (
        <Empty title="No model server">
          Name one in promptcards.toml, or start Ollama on this machine and restart Promptcards.
        </Empty>
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
      {provider.simulated && (
        <p className="hint after">
          Built in, so that the main job can be done without a model server. Its answers are made up, the same
          for the same seed, and never counted.
        </p>
      )}
      {data?.reachable && data.items.length === 0 && (
        <Empty title="It has no models yet">
          {data.remedy ?? "Pull one, for example: ollama pull llama3.2"}
        </Empty>
      )}
      {(models.isPending || (data && data.items.length > 0)) && <ModelsTable models={data?.items} />}
    </section>
  );
}

function ModelsTable({ models }: { models: Model[] | undefined }) {
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
          </tr>
        </thead>
        <tbody>
          {models ? (
            models.map((model) => <ModelRow key={model.name} model={model} />)
          ) : (
            <SkeletonRows rows={3} columns={7} />
          )}
        </tbody>
      </table>
    </div>
  );
}

function ModelRow({ model }: { model: Model }) {
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
    </tr>
  );
}

function NotSaid() {
  return <span className="hint">no data</span>;
}

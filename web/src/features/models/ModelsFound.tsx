import { useQueries, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Coded } from "@/components/Coded";
import { Simulated, VerdictMark } from "@/components/Verdict";
import { plural } from "@/lib/format";
import { modelsQuery, providersQuery } from "./queries";

const NAMED = 4;

/** Which models can be asked right now, server by server, and what is missing where none can. */
export function ModelsFound() {
  const providers = useQuery(providersQuery).data ?? [];
  const lists = useQueries({ queries: providers.map((provider) => modelsQuery(provider.id)) });
  if (providers.length === 0) return null;
  return (
    <section className="section" aria-label="Models">
      <div className="section__head">
        <h2>Models</h2>
        <Link className="push" to="/models">
          Details
        </Link>
      </div>
      <ul className="checks">
        {providers.map((provider, index) => {
          const models = lists[index]?.data;
          return (
            <li key={provider.id}>
              <VerdictMark
                mark={!models ? "wait" : models.reachable ? "pass" : "error"}
                word={!models ? "Asking" : models.reachable ? "Answers" : "Does not answer"}
              />
              <div>
                <p className="line line--wrap">
                  <span className="medium">{provider.name}</span>
                  {provider.simulated && <Simulated />}
                  {models?.reachable && (
                    <span className="dim">
                      {plural(models.items.length, "model")}
                      {models.items.length > 0 && ": "}
                      <span className="mono">
                        {models.items
                          .slice(0, NAMED)
                          .map((model) => model.name)
                          .join(", ")}
                      </span>
                      {models.items.length > NAMED && ` and ${models.items.length - NAMED} more`}
                    </span>
                  )}
                </p>
                {models && !models.reachable && (
                  <p className="hint wrap">
                    <Coded text={`${models.problem ?? ""} ${models.remedy ?? ""}`} />
                  </p>
                )}
              </div>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Icon } from "@/components/Icon";
import { usePage } from "@/components/Page";
import { Empty, Failure, SkeletonLines } from "@/components/States";
import { cardFacetsQuery, cardsQuery } from "@/features/cards";
import { CardsTable } from "@/features/cards/CardsTable";
import { SamplesButton } from "@/features/cards/SamplesButton";
import { ChecksList, healthQuery } from "@/features/health";
import { ModelsFound } from "@/features/models/ModelsFound";
import { isActive, runsQuery } from "@/features/runs";
import { RunProgress, RunsTable } from "@/features/runs/RunsTable";
import "./home.css";
import { useRights } from "@/api/sessionState";
import { ReadOnly } from "@/features/workspaces";

const SHOWN = 6;

/** Where to go on; on a fresh server, what was found and the first step. */
export function HomePage() {
  usePage("Home");
  const facets = useQuery(cardFacetsQuery);
  if (facets.isError && !facets.data) {
    return (
      <div className="page">
        <h1>Home</h1>
        <Failure error={facets.error} onRetry={() => void facets.refetch()} />
      </div>
    );
  }
  if (!facets.data) {
    return (
      <div className="page">
        <SkeletonLines label="Loading" lines={8} />
      </div>
    );
  }
  return facets.data.total + facets.data.archived === 0 ? <FirstStart /> : <Home />;
}

function FirstStart() {
  const { edit, admin } = useRights();
  if (!edit) return <NothingYet />;
  return (
    <div className="page home">
      <div className="page__head">
        <div>
          <h1>Promptcards</h1>
          <p>Prompts as cards, test cases for them, and runs that say how often a model gets it right.</p>
        </div>
      </div>
      <div>
        <section className="section">
          <div className="section__head">
            <h2>Start here</h2>
          </div>
          <ol className="steps">
            <li>
              <p>
                <span className="medium">Load the sample cards.</span>{" "}
                <span className="dim">A dozen prompts with their cases, to look at and to change.</span>
              </p>
              <SamplesButton kind="primary" />
            </li>
            <li>
              <p>
                <span className="medium">Or write your own.</span>{" "}
                <span className="dim">A title, a prompt, and a case that went wrong last.</span>
              </p>
              <Link className="btn" to="/cards" search={{ new: true }}>
                <Icon name="plus" />
                New card
              </Link>
            </li>
            <li>
              <p>
                <span className="medium">Then run its cases.</span>{" "}
                <span className="dim">
                  On your models, or on the simulated one, which needs no model server and counts in no rate.
                </span>
              </p>
            </li>
          </ol>
        </section>
        <ModelsFound />
      </div>
      <div className="side">{admin && <Found />}</div>
    </div>
  );
}

function NothingYet() {
  return (
    <div className="page">
      <h1>Home</h1>
      <Empty title="No cards yet">A card is a prompt with a name, versions and test cases.</Empty>
      <ReadOnly cannot="make cards" />
    </div>
  );
}

function Home() {
  const { edit, admin } = useRights();
  const cards = useInfiniteQuery(cardsQuery({}));
  const items = cards.data?.pages[0]?.items.slice(0, SHOWN);
  return (
    <div className="page home">
      <div className="page__head">
        <h1>Home</h1>
        {edit && (
          <div className="page__acts">
            <Link className="btn" to="/cards" search={{ new: true }}>
              <Icon name="plus" />
              New card
            </Link>
            <Link className="btn btn--primary" to="/runs/new">
              <Icon name="run" />
              New run
              <kbd className="kbd">N</kbd>
            </Link>
          </div>
        )}
      </div>
      <div>
        <section className="section">
          <div className="section__head">
            <h2>Cards changed last</h2>
            <Link className="push" to="/cards">
              All cards
            </Link>
          </div>
          {cards.isError && !items ? (
            <Failure error={cards.error} onRetry={() => void cards.refetch()} />
          ) : (
            <CardsTable cards={items} />
          )}
        </section>
        <section className="section">
          <div className="section__head">
            <h2>Recent runs</h2>
            <Link className="push" to="/runs">
              All runs
            </Link>
          </div>
          <RunsTable filters={{}} limit={SHOWN} />
        </section>
      </div>
      <div className="side">
        <Running />
        {admin && <Found />}
      </div>
    </div>
  );
}

function Running() {
  const runs = useInfiniteQuery(runsQuery({}));
  const active = runs.data?.pages.flatMap((page) => page.items).filter(isActive) ?? [];
  if (active.length === 0) return null;
  return (
    <section className="section">
      <div className="section__head">
        <h2>Running</h2>
        <span className="count">{active.length}</span>
      </div>
      <ul>
        {active.map((run) => (
          <li key={run.id}>
            <RunProgress run={run} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Found() {
  const health = useQuery(healthQuery);
  return (
    <section className="section" aria-label="Health">
      <div className="section__head">
        <h2>What was found</h2>
        <Link className="push" to="/health">
          Details
        </Link>
      </div>
      {health.data ? (
        <ChecksList health={health.data} />
      ) : health.isError ? (
        <Failure error={health.error} onRetry={() => void health.refetch()} />
      ) : (
        <SkeletonLines label="Checking" lines={4} />
      )}
    </section>
  );
}

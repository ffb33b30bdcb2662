import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { Button, Kbd } from "@/components/Button";
import { Find } from "@/components/Fields";
import { Icon } from "@/components/Icon";
import { LoadMore } from "@/components/LoadMore";
import { usePage } from "@/components/Page";
import { Empty, Failure } from "@/components/States";
import { plural } from "@/lib/format";
import { useDebounced } from "@/lib/useDebounced";
import { CardsTable } from "./CardsTable";
import { CardTree } from "./CardTree";
import { NewCardDialog } from "./NewCardDialog";
import { cardFacetsQuery, cardsQuery } from "./queries";
import { SamplesButton } from "./SamplesButton";
import "./cards.css";
import { useRights } from "@/api/sessionState";
import { ReadOnly } from "@/features/workspaces";

const route = getRouteApi("/cards");

/** All cards: by folder, label and tag on the left, searched above, and the way to a new one. */
export function CardListPage() {
  const { new: isNew, ...filters } = route.useSearch();
  const navigate = route.useNavigate();
  usePage(filters.archived ? "Archived cards" : "Cards");
  const cards = useInfiniteQuery({ ...cardsQuery(filters), placeholderData: (before) => before });
  const facets = useQuery(cardFacetsQuery);

  const [typed, setTyped] = useState(filters.search ?? "");
  const search = useDebounced(typed.trim(), 200) || undefined;
  useEffect(() => {
    void navigate({ search: (before) => ({ ...before, search }), replace: true });
  }, [search, navigate]);

  const items = cards.data?.pages.flatMap((page) => page.items);
  const { edit } = useRights();
  const filtered = Boolean(filters.search || filters.folder || filters.tag || filters.label);
  return (
    <div className="cards">
      <CardTree filters={filters} facets={facets.data} />
      <div className="list">
        <div className="list__tools">
          <h1>{filters.archived ? "Archived cards" : "Cards"}</h1>
          <Find label="Find in titles and templates" value={typed} onChange={setTyped} />
          {edit && (
            <span className="push">
              <Link className="btn btn--primary" to="." search={(before) => ({ ...before, new: true })}>
                <Icon name="plus" />
                New card
                <Kbd>C</Kbd>
              </Link>
            </span>
          )}
        </div>
        <ReadOnly cannot="make or change cards" />
        {cards.isError && !items ? (
          <Failure error={cards.error} onRetry={() => void cards.refetch()} />
        ) : items?.length === 0 ? (
          <NoCards
            filtered={filtered}
            archived={filters.archived === true}
            onShowAll={() => {
              setTyped("");
              void navigate({ search: {} });
            }}
          />
        ) : (
          <>
            <CardsTable cards={items} />
            <LoadMore pages={cards} />
            {facets.data && (
              <Footer
                shown={items?.length}
                total={facets.data.total}
                archived={facets.data.archived}
                filters={filters}
              />
            )}
          </>
        )}
      </div>
      <NewCardDialog
        open={isNew === true && edit}
        folder={filters.folder ?? ""}
        onClose={() => void navigate({ search: (before) => ({ ...before, new: undefined }) })}
      />
    </div>
  );
}

function NoCards({
  filtered,
  archived,
  onShowAll,
}: {
  filtered: boolean;
  archived: boolean;
  onShowAll: () => void;
}) {
  const { edit } = useRights();
  if (filtered || archived) {
    return (
      <Empty
        title={filtered ? "No card fits" : "No archived cards"}
        actions={<Button onClick={onShowAll}>Show all cards</Button>}
      >
        {filtered
          ? "No title, template, folder, label or tag is like this."
          : "Archiving a card hides it from the list. Its versions, cases and runs stay."}
      </Empty>
    );
  }
  if (!edit)
    return <Empty title="No cards yet">A card is a prompt with a name, versions and test cases.</Empty>;
  return (
    <Empty
      title="No cards yet"
      actions={
        <>
          <SamplesButton kind="primary" />
          <Link className="btn" to="." search={(before) => ({ ...before, new: true })}>
            <Icon name="plus" />
            New card
          </Link>
        </>
      }
    >
      A card is a prompt with a name, versions and test cases. Load a dozen sample cards to see how they work,
      or write your own.
    </Empty>
  );
}

function Footer({
  shown,
  total,
  archived,
  filters,
}: {
  shown: number | undefined;
  total: number;
  archived: number;
  filters: { archived?: boolean | undefined };
}) {
  if (filters.archived) {
    return (
      <p className="hint after">
        {shown === undefined ? "" : `${plural(shown, "archived card")}. `}
        <Link to="/cards">Back to the cards in use</Link>
      </p>
    );
  }
  return (
    <p className="hint after">
      {plural(total, "card")}.{" "}
      {archived > 0 && (
        <>
          Archived:{" "}
          <Link to="/cards" search={{ archived: true }}>
            {archived}
          </Link>
          .
        </>
      )}
    </p>
  );
}

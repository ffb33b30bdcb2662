import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Outlet } from "@tanstack/react-router";
import { Suspense } from "react";
import type { Tagged } from "@/api/client";
import type { Card } from "@/api/types";
import { usePage } from "@/components/Page";
import { Failure, SkeletonLines } from "@/components/States";
import { cardQuery } from "@/features/cards";
import { CardHead } from "@/features/cards/CardHead";
import { DraftProvider, useDraft } from "@/features/cards/draft/DraftProvider";
import { EditorTab } from "@/features/cards/editor/EditorTab";
import { usePreview } from "@/features/cards/editor/usePreview";
import { knownVariables } from "@/features/cards/editor/useVariables";
import { SettingsTab } from "@/features/cards/SettingsTab";
import { VersionsTab } from "@/features/cards/versions/VersionsTab";
import { CasesTab } from "@/features/cases/CasesTab";
import { RunsTable } from "@/features/runs/RunsTable";
import "@/features/cards/card.css";

const route = getRouteApi("/cards/$slug");

/** A card: its head, and below it the tab that the address names. */
export function CardPage() {
  const { slug } = route.useParams();
  const card = useQuery(cardQuery(slug));
  const folder = card.data?.value.folder;
  usePage(card.data?.value.title ?? slug, [
    { label: "Cards", to: "/cards" },
    ...(folder ? [{ label: folder, to: `/cards?folder=${encodeURIComponent(folder)}` }] : []),
  ]);
  if (card.isError && !card.data) {
    return (
      <div className="page">
        <h1 className="sr">{slug}</h1>
        <Failure error={card.error} onRetry={() => void card.refetch()} />
      </div>
    );
  }
  if (!card.data) {
    return (
      <div className="page">
        <SkeletonLines label="Loading the card" lines={8} />
      </div>
    );
  }
  return (
    <Suspense
      fallback={
        <div className="page">
          <SkeletonLines label="Loading the draft" lines={8} />
        </div>
      }
    >
      <DraftProvider slug={slug} key={slug}>
        <div className="card">
          <CardHead card={card.data.value} />
          <div className="card__body">
            <Outlet />
          </div>
        </div>
      </DraftProvider>
    </Suspense>
  );
}

/** The card of this address; CardPage shows its tabs only once it is here. */
function useCard(): Tagged<Card> {
  const { slug } = route.useParams();
  return useSuspenseQuery(cardQuery(slug)).data;
}

export function CardEditorTab() {
  return <EditorTab card={useCard().value} />;
}

export function CardCasesTab() {
  const { value } = useCard();
  const { content } = useDraft();
  const { preview } = usePreview(value.slug, content, {});
  const variables = knownVariables(content, preview?.found_variables).map(({ definition }) => definition);
  return <CasesTab suiteId={value.suite_id} variables={variables} />;
}

export function CardVersionsTab() {
  return <VersionsTab card={useCard().value} />;
}

export function CardRunsTab() {
  const { value } = useCard();
  return (
    <div className="page">
      <RunsTable filters={{ card: value.slug }} />
    </div>
  );
}

export function CardSettingsTab() {
  const card = useCard();
  return <SettingsTab card={card} key={card.value.slug} />;
}

import { useSuspenseQuery } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from "react";
import { client, ifMatch, readTagged, WORKSPACE } from "@/api/client";
import { isSignedIn, sessionState } from "@/api/sessionState";
import { draftQuery } from "../queries";
import { DraftKeeper, type DraftState } from "./DraftKeeper";

const DraftContext = createContext<DraftKeeper | null>(null);

/** Keeps the draft of one card while any of its tabs is open. Give it the slug as its key. */
export function DraftProvider({ slug, children }: { slug: string; children: ReactNode }) {
  // Read once: from then on the keeper knows more than the cache.
  const { data } = useSuspenseQuery({ ...draftQuery(slug), staleTime: Number.POSITIVE_INFINITY, gcTime: 0 });
  const [keeper] = useState(
    () =>
      new DraftKeeper(data, {
        read: () =>
          readTagged(
            client.GET("/api/v1/workspaces/{ws}/cards/{slug}/draft", {
              params: { path: { ...WORKSPACE, slug } },
            }),
          ),
        write: (content, etag) =>
          readTagged(
            client.PUT("/api/v1/workspaces/{ws}/cards/{slug}/draft", {
              params: { path: { ...WORKSPACE, slug }, header: ifMatch(etag) },
              body: { content },
            }),
          ),
        isSignedIn: () => isSignedIn(sessionState.get()),
      }),
  );
  useEffect(() => {
    function warn(event: BeforeUnloadEvent) {
      if (keeper.isAhead) event.preventDefault();
    }
    window.addEventListener("beforeunload", warn);
    return () => {
      window.removeEventListener("beforeunload", warn);
      void keeper.flush();
    };
  }, [keeper]);
  return <DraftContext value={keeper}>{children}</DraftContext>;
}

export function useDraftKeeper(): DraftKeeper {
  const keeper = useContext(DraftContext);
  if (!keeper) throw new Error("useDraftKeeper needs a DraftProvider around it");
  return keeper;
}

/** The draft as it stands here, and how far the server has it. */
export function useDraft(): DraftState & { keeper: DraftKeeper } {
  const keeper = useDraftKeeper();
  return { ...useSyncExternalStore(keeper.subscribe, keeper.snapshot), keeper };
}

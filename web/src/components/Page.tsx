import { createContext, type ReactNode, useContext, useEffect, useState } from "react";

interface Crumb {
  label: string;
  /** The address of a place above this one; the last crumb has none. */
  to?: string;
}

interface PageState {
  crumbs: Crumb[];
  setCrumbs: (crumbs: Crumb[]) => void;
}

const PageContext = createContext<PageState>({ crumbs: [], setCrumbs: () => undefined });

export function PageProvider({ children }: { children: ReactNode }) {
  const [crumbs, setCrumbs] = useState<Crumb[]>([]);
  return <PageContext value={{ crumbs, setCrumbs }}>{children}</PageContext>;
}

export function useCrumbs(): Crumb[] {
  return useContext(PageContext).crumbs;
}

/** Names the page in the tab and in the top bar: its own title last, what it lies in before. */
export function usePage(title: string, above: Crumb[] = []): void {
  const { setCrumbs } = useContext(PageContext);
  const places = JSON.stringify(above);
  useEffect(() => {
    document.title = `${title} · Promptcards`;
    setCrumbs([...(JSON.parse(places) as Crumb[]), { label: title }]);
  }, [title, places, setCrumbs]);
}

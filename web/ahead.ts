// Has the browser fetch the code of the page at an address while the start script still comes. Only the build knows
// the names of the files, so it writes them into index.html, where public/ahead.js reads them.
import type { OutputBundle, OutputChunk } from "rolldown";
import type { Plugin } from "vite";

const EMPTY = '<script type="application/json" id="pages">[]</script>';

/** Addresses and their pages; the first that fits counts. */
const PAGES: [address: string, module: string][] = [
  ["^/$", "routes/HomePage.tsx"],
  ["^/cards/?$", "features/cards/CardListPage.tsx"],
  ["^/cards/", "routes/CardPage.tsx"],
  ["^/runs/?$", "features/runs/RunListPage.tsx"],
  ["^/runs/new/?$", "features/runs/StartRunPage.tsx"],
  ["^/runs/", "features/runs/RunPage.tsx"],
  ["^/models/?$", "features/models/ModelsPage.tsx"],
  ["^/providers/?$", "features/providers/ProvidersPage.tsx"],
  ["^/outbound/?$", "features/providers/OutboundPage.tsx"],
  ["^/health/?$", "features/health/HealthPage.tsx"],
  ["^/members/?$", "features/workspaces/MembersPage.tsx"],
  ["^/budget/?$", "features/workspaces/BudgetPage.tsx"],
  ["^/people/?$", "features/people/PeoplePage.tsx"],
  ["^/workspaces/?$", "features/workspaces/WorkspacesPage.tsx"],
  ["^/audit/?$", "features/audit/AuditPage.tsx"],
];

export function ahead(): Plugin {
  return {
    name: "ahead",
    transformIndexHtml: {
      order: "post",
      handler(html, { bundle }) {
        // The development server has no files of pages.
        if (!bundle) return html;
        const pages = PAGES.map(([address, module]) => [address, filesOf(bundle, module)]);
        return html.replace(EMPTY, EMPTY.replace("[]", JSON.stringify(pages)));
      },
    },
  };
}

/** What a page needs besides the start script: its code, what that imports, and their styles. */
function filesOf(bundle: OutputBundle, module: string): string[] {
  const chunks = Object.values(bundle).filter((file): file is OutputChunk => file.type === "chunk");
  const page = chunks.find(({ facadeModuleId }) => facadeModuleId?.endsWith(`/src/${module}`));
  if (!page) throw new Error(`ahead.ts names ${module}, of which there is no chunk.`);
  const needed = new Set<OutputChunk>();
  function add(chunk: OutputChunk) {
    if (chunk.isEntry || needed.has(chunk)) return;
    needed.add(chunk);
    for (const name of chunk.imports) {
      const imported = chunks.find(({ fileName }) => fileName === name);
      if (imported) add(imported);
    }
  }
  add(page);
  return [...needed].flatMap(({ fileName, viteMetadata }) => [
    fileName,
    ...(viteMetadata?.importedCss ?? []),
  ]);
}

import { Link } from "@tanstack/react-router";
import type { CardFacets } from "@/api/types";
import { Icon } from "@/components/Icon";
import type { CardFilters } from "./queries";

type Facet = CardFacets["folders"][number];

/** Folders, labels and tags, each a filter with its own address. */
export function CardTree({ filters, facets }: { filters: CardFilters; facets: CardFacets | undefined }) {
  const all = !filters.folder && !filters.label && !filters.tag && !filters.archived;
  return (
    <aside className="tree" aria-label="Folders, labels and tags">
      <h2>Folders</h2>
      <Link to="/cards" aria-current={all || undefined}>
        <Icon name="card" />
        All cards
        {facets && <span className="num">{facets.total}</span>}
      </Link>
      {facets?.folders
        .filter((folder) => folder.name !== "")
        .map((folder) => (
          <FolderLink key={folder.name} folder={folder} chosen={filters.folder === folder.name} />
        ))}
      {facets && facets.labels.length > 0 && <h2>Labels</h2>}
      {facets?.labels.map((label) => (
        <Link
          key={label.name}
          to="/cards"
          search={{ label: label.name }}
          aria-current={filters.label === label.name || undefined}
        >
          <Icon name="pointer" />
          <span className="cut">{label.name}</span>
          <span className="num">{label.count}</span>
        </Link>
      ))}
      {facets && facets.tags.length > 0 && (
        <>
          <h2>Tags</h2>
          <div className="tags">
            {facets.tags.map((tag) => (
              <Link
                key={tag.name}
                className="chip chip--tag"
                to="/cards"
                search={filters.tag === tag.name ? {} : { tag: tag.name }}
                aria-current={filters.tag === tag.name || undefined}
                title={`${tag.count} with this tag`}
              >
                {tag.name}
              </Link>
            ))}
          </div>
        </>
      )}
    </aside>
  );
}

function FolderLink({ folder, chosen }: { folder: Facet; chosen: boolean }) {
  const parts = folder.name.split("/");
  return (
    <Link
      className={parts.length > 1 ? "sub" : undefined}
      to="/cards"
      search={{ folder: folder.name }}
      aria-current={chosen || undefined}
      title={folder.name}
    >
      <Icon name="folder" />
      <span className="cut">{parts.at(-1)}</span>
      <span className="num">{folder.count}</span>
    </Link>
  );
}

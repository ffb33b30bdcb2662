import { Autocomplete } from "@base-ui/react/autocomplete";
import { Dialog } from "@base-ui/react/dialog";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useRights } from "@/api/sessionState";
import { leave } from "@/api/workspace";
import { Icon, type IconName } from "@/components/Icon";
import { cardsQuery } from "@/features/cards";
import { useDebounced } from "@/lib/useDebounced";
import { usePlaces } from "./places";

interface Item {
  value: string;
  label: string;
  detail: string;
  icon: IconName;
  go: () => void;
}

interface Group {
  value: string;
  items: Item[];
}

/** ⌘K: type a few letters of a card or a place, press Enter. */
export function Palette({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim" />
        <Dialog.Viewport className="over over--top">
          <Dialog.Popup className="dialog palette" aria-label="Search or jump to" data-modal>
            <PaletteSearch onClose={onClose} />
            <Dialog.Close className="sr">Close</Dialog.Close>
          </Dialog.Popup>
        </Dialog.Viewport>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function PaletteSearch({ onClose }: { onClose: () => void }) {
  const [typed, setTyped] = useState("");
  const search = useDebounced(typed.trim(), 150);
  const { role, edit } = useRights();
  const cards = useInfiniteQuery({
    ...cardsQuery({ search: search || undefined }),
    placeholderData: (before) => before,
    enabled: role !== undefined,
  });
  const navigate = useNavigate();
  const known = usePlaces().flat();

  function leaving(go: () => void): () => void {
    return () => {
      onClose();
      go();
    };
  }
  const places: Item[] = [
    ...known.map(({ to, label, icon }) => ({ label, icon, go: () => navigate({ to }) })),
    ...(edit
      ? [
          {
            label: "New card",
            icon: "plus" as const,
            go: () => navigate({ to: "/cards", search: { new: true } }),
          },
          { label: "New run", icon: "run" as const, go: () => navigate({ to: "/runs/new" }) },
        ]
      : []),
    { label: "Documentation", icon: "book" as const, go: () => leave.to("/docs/") },
  ]
    .filter(({ label }) => label.toLowerCase().includes(typed.trim().toLowerCase()))
    .map((place) => ({ ...place, value: `place ${place.label}`, detail: "", go: leaving(place.go) }));
  // Until the server has answered for what is typed now, only what matches it may be chosen.
  const settled = search === typed.trim() && !cards.isPlaceholderData;
  const fitting = (cards.data?.pages[0]?.items ?? []).filter(
    (card) =>
      settled ||
      `${card.title} ${card.folder}/${card.slug}`.toLowerCase().includes(typed.trim().toLowerCase()),
  );
  const found: Item[] = fitting.slice(0, 8).map((card) => ({
    value: `card ${card.slug}`,
    label: card.title,
    detail: card.folder ? `${card.folder}/${card.slug}` : card.slug,
    icon: "card",
    go: leaving(() => navigate({ to: "/cards/$slug", params: { slug: card.slug } })),
  }));
  const groups: Group[] = [
    { value: "Cards", items: found },
    { value: "Places", items: places },
  ].filter((group) => group.items.length > 0);

  return (
    <Autocomplete.Root
      open
      inline
      items={groups}
      filter={null}
      autoHighlight="always"
      keepHighlight
      value={typed}
      onValueChange={(value, details) => {
        // Choosing an item goes there; it does not belong into the field.
        if (details.reason !== "item-press") setTyped(value);
      }}
      itemToStringValue={(item: Item) => item.label}
    >
      <div className="palette__field">
        <Icon name="search" />
        <Autocomplete.Input
          className="palette__input"
          placeholder="Search or jump to"
          aria-label="Search or jump to"
        />
      </div>
      <Autocomplete.Empty className="palette__empty">
        {typed ? `Nothing is called “${typed}”.` : null}
      </Autocomplete.Empty>
      <Autocomplete.List className="palette__list" aria-label="Results">
        {(group: Group) => (
          <Autocomplete.Group key={group.value} items={group.items}>
            <Autocomplete.GroupLabel className="palette__group">{group.value}</Autocomplete.GroupLabel>
            <Autocomplete.Collection>
              {(item: Item) => (
                <Autocomplete.Item key={item.value} value={item} className="menu__item" onClick={item.go}>
                  <Icon name={item.icon} />
                  <span className="cut">{item.label}</span>
                  <span className="mono dim cut push">{item.detail}</span>
                </Autocomplete.Item>
              )}
            </Autocomplete.Collection>
          </Autocomplete.Group>
        )}
      </Autocomplete.List>
    </Autocomplete.Root>
  );
}

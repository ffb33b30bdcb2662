import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Card } from "@/api/types";
import { card } from "@/test/fixtures";
import { openPage } from "@/test/page";
import { on, Refusal } from "@/test/server";

const CARDS = "/api/v1/workspaces/{ws}/cards";

function summary(number: number, over: Partial<Card> = {}): Card {
  return card({ id: `card-${number}`, slug: `card-${number}`, title: `Card ${number}`, ...over });
}

describe("the list of cards", () => {
  it("shows what is known of a card and says what is not", async () => {
    on("get", CARDS, () => ({
      body: {
        items: [
          summary(1, {
            last_rate: { run_id: "r", run_number: 14, passed: 458, judged: 1319, simulated: false },
          }),
          summary(2, { last_rate: { run_id: "r", run_number: 8, passed: 30, judged: 40, simulated: true } }),
          summary(3),
          summary(4, { case_count: 0, latest_version: null }),
        ],
        next_cursor: null,
      },
    }));
    openPage("/cards");
    await screen.findByRole("link", { name: "Card 1" });
    const rows = screen.getAllByRole("row").slice(1);
    expect(rows[0]).toHaveTextContent("34.7% 32.2–37.3");
    expect(rows[1]).toHaveTextContent("simulated");
    expect(rows[1]).not.toHaveTextContent("%");
    expect(rows[2]).toHaveTextContent("No run yet");
    expect(rows[3]).toHaveTextContent("draft");
    expect(rows[3]).toHaveTextContent("No cases");
  });

  it("goes on where the first page ended", async () => {
    on("get", CARDS, ({ url }) =>
      url.searchParams.get("cursor") === "after-1"
        ? { body: { items: [summary(2)], next_cursor: null } }
        : { body: { items: [summary(1)], next_cursor: "after-1" } },
    );
    const { user } = openPage("/cards");
    await user.click(await screen.findByRole("button", { name: "Load more" }));
    expect(await screen.findByRole("link", { name: "Card 2" })).toBeVisible();
    expect(screen.getByRole("link", { name: "Card 1" })).toBeVisible();
    expect(screen.queryByRole("button", { name: "Load more" })).not.toBeInTheDocument();
  });

  it("finds by the slash key, keeps the search in the address, and says when nothing fits", async () => {
    on("get", CARDS, ({ url }) => ({
      body: { items: url.searchParams.get("search") ? [] : [summary(1)], next_cursor: null },
    }));
    const { user, router } = openPage("/cards");
    await screen.findByRole("link", { name: "Card 1" });
    await user.keyboard("/");
    await user.keyboard("zebra");
    expect(await screen.findByRole("heading", { name: "No card fits" })).toBeVisible();
    expect(router.latestLocation.search).toMatchObject({ search: "zebra" });
    await user.click(screen.getByRole("button", { name: "Show all cards" }));
    expect(await screen.findByRole("link", { name: "Card 1" })).toBeVisible();
  });

  it("says why it did not load, and loads when it is tried again", async () => {
    on("get", CARDS, () => new Refusal(500, { detail: "The database is locked for longer than 5 s." }));
    const { user } = openPage("/cards");
    const alert = await screen.findByRole("alert");
    expect(alert).toHaveTextContent("The database is locked for longer than 5 s.");
    on("get", CARDS, () => ({ body: { items: [summary(1)], next_cursor: null } }));
    await user.click(within(alert).getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("link", { name: "Card 1" })).toBeVisible();
  });

  it("offers the sample cards while it is empty", async () => {
    let loaded = false;
    on("get", CARDS, () => ({ body: { items: loaded ? [summary(1)] : [], next_cursor: null } }));
    on("post", "/api/v1/workspaces/{ws}/samples", () => {
      loaded = true;
      return { body: { created: ["card-1"], skipped: [] } };
    });
    const { user } = openPage("/cards");
    await user.click(await screen.findByRole("button", { name: "Load sample cards" }));
    expect(await screen.findByText("1 sample card loaded, with cases.")).toBeVisible();
    expect(await screen.findByRole("link", { name: "Card 1" })).toBeVisible();
  });
});

describe("a new card", () => {
  it("gets its address from its title and is opened", async () => {
    on("get", CARDS, () => ({ body: { items: [], next_cursor: null } }));
    let sent: unknown;
    on("post", CARDS, ({ body, headers }) => {
      sent = body;
      expect(headers.get("idempotency-key")).toMatch(/^[0-9a-f-]{36}$/);
      return { body: card({ slug: body.slug, title: body.title }), status: 201, etag: '"1"' };
    });
    const { user, router } = openPage("/cards?new=true");
    const dialog = await screen.findByRole("dialog", { name: "New card" });
    await user.type(within(dialog).getByLabelText("Title"), "Sort a ticket");
    expect(within(dialog).getByLabelText("Name in addresses")).toHaveValue("sort-a-ticket");
    await user.click(within(dialog).getByRole("button", { name: "Create card" }));
    await expect.poll(() => router.latestLocation.pathname).toBe("/cards/sort-a-ticket");
    expect(sent).toEqual({ slug: "sort-a-ticket", title: "Sort a ticket", folder: "" });
  });

  it("is not sent with a name that no address can have, and keeps what was typed when it is refused", async () => {
    on("get", CARDS, () => ({ body: { items: [], next_cursor: null } }));
    on("post", CARDS, () => new Refusal(409, { code: "slug_taken", detail: "A card of this name exists." }));
    const { user } = openPage("/cards?new=true");
    const dialog = await screen.findByRole("dialog", { name: "New card" });
    await user.type(within(dialog).getByLabelText("Title"), "Ticket");
    const slug = within(dialog).getByLabelText("Name in addresses");
    await user.clear(slug);
    await user.type(slug, "My Ticket");
    await user.click(within(dialog).getByRole("button", { name: "Create card" }));
    expect(dialog).toHaveTextContent("Use lower case and hyphens, for example my-ticket");
    await user.clear(slug);
    await user.type(slug, "ticket");
    await user.click(within(dialog).getByRole("button", { name: "Create card" }));
    expect(await within(dialog).findByText("A card of this name exists.")).toBeVisible();
    expect(within(dialog).getByLabelText("Title")).toHaveValue("Ticket");
  });
});

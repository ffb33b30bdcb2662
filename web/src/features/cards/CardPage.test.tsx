import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { cardServer } from "@/test/cardServer";
import { card } from "@/test/fixtures";
import { openPage } from "@/test/page";
import { on, Refusal } from "@/test/server";

const CARD = "/api/v1/workspaces/{ws}/cards/{slug}";

describe("the versions of a card", () => {
  it("show what each changed, and move a label there and back", async () => {
    const server = cardServer({ card: { latest_version: 2, labels: [{ name: "production", version: 1 }] } });
    server.messages.push("Be polite");
    server.published.push({
      ...(server.published[0] ?? server.draft),
      messages: [{ role: "user", content: [{ type: "text", text: "Dear {{ name }}" }] }],
    });
    const { user } = openPage("/cards/grade-school-math/versions");
    expect(await screen.findByRole("heading", { name: "v2 Be polite" })).toBeVisible();
    expect(await screen.findByText("Dear")).toBeVisible();
    const labels = screen.getByRole("region", { name: "Labels" });
    await user.click(within(labels).getByRole("button", { name: "Move here" }));
    expect(await screen.findByText("production moved from v1 to v2.")).toBeVisible();
    expect(server.card.labels).toEqual([{ name: "production", version: 2 }]);
    await user.click(screen.getByRole("button", { name: /Undo/ }));
    await waitFor(() => expect(server.card.labels).toEqual([{ name: "production", version: 1 }]));
  });

  it("put a new label and take it away", async () => {
    const server = cardServer();
    const { user } = openPage("/cards/grade-school-math/versions");
    const labels = await screen.findByRole("region", { name: "Labels" });
    await user.type(within(labels).getByLabelText("Another label"), "Canary");
    expect(within(labels).getByText(/Use lower case/)).toBeVisible();
    await user.clear(within(labels).getByLabelText("Another label"));
    await user.type(within(labels).getByLabelText("Another label"), "canary{Enter}");
    await waitFor(() => expect(server.card.labels).toEqual([{ name: "canary", version: 1 }]));
    await user.click(await within(labels).findByRole("button", { name: "Take away" }));
    expect(await screen.findByText("canary points nowhere now; it was at v1.")).toBeVisible();
    expect(server.card.labels).toEqual([]);
  });

  it("say how to get one while there is none", async () => {
    const server = cardServer({ card: { latest_version: null } });
    server.messages.length = 0;
    openPage("/cards/grade-school-math/versions");
    expect(await screen.findByRole("heading", { name: "No version yet" })).toBeVisible();
  });
});

describe("the settings of a card", () => {
  it("are saved under the tag that was read", async () => {
    cardServer();
    let sent: unknown;
    on("patch", CARD, ({ body, headers }) => {
      expect(headers.get("if-match")).toBe('"card-1"');
      sent = body;
      return { body: card({ title: "New title", latest_version: 1 }), etag: '"card-2"' };
    });
    const { user } = openPage("/cards/grade-school-math/settings");
    const title = await screen.findByLabelText("Title");
    await user.clear(title);
    await user.type(title, "New title");
    const tags = screen.getByLabelText(/^Tags/);
    await user.clear(tags);
    await user.type(tags, "a, b,, a");
    await user.click(screen.getByRole("button", { name: "Save" }));
    expect(await screen.findByText("Card saved.")).toBeVisible();
    expect(sent).toMatchObject({ title: "New title", tags: ["a", "b"] });
  });

  it("lose nothing when somebody else saved first", async () => {
    cardServer();
    const tags: (string | null)[] = [];
    on("patch", CARD, ({ headers, body }) => {
      tags.push(headers.get("if-match"));
      if (tags.length === 1)
        return new Refusal(412, { code: "stale", detail: "Ada saved 1 min ago." }, '"card-9"');
      return { body: card({ title: body.title ?? "" }), etag: '"card-10"' };
    });
    const { user } = openPage("/cards/grade-school-math/settings");
    const title = await screen.findByLabelText("Title");
    await user.type(title, " 2");
    await user.click(screen.getByRole("button", { name: "Save" }));
    expect(await screen.findByText("Someone changed this card before you.")).toBeVisible();
    expect(title).toHaveValue("Grade-school maths 2");
    await user.click(screen.getByRole("button", { name: "Save mine over it" }));
    expect(await screen.findByText("Card saved.")).toBeVisible();
    expect(tags).toEqual(['"card-1"', '"card-9"']);
  });
});

describe("a card", () => {
  it("that does not exist says so", async () => {
    on("get", CARD, () => new Refusal(404, { code: "not_found", detail: "There is no card “nobody”." }));
    openPage("/cards/nobody");
    expect(await screen.findByText("There is no card “nobody”.")).toBeVisible();
    expect(screen.queryByRole("button", { name: "Try again" })).not.toBeInTheDocument();
  });

  it("is archived, and restored by undo", async () => {
    cardServer();
    const states: boolean[] = [];
    on("post", `${CARD}/archive`, () => {
      states.push(true);
      return { body: card({ archived: true }) };
    });
    on("post", `${CARD}/restore`, () => {
      states.push(false);
      return { body: card() };
    });
    const { user } = openPage("/cards/grade-school-math/settings");
    await user.click(await screen.findByRole("button", { name: "More" }));
    await user.click(await screen.findByRole("menuitem", { name: "Archive" }));
    expect(await screen.findByText("Card archived: Grade-school maths")).toBeVisible();
    await user.click(screen.getByRole("button", { name: /Undo/ }));
    expect(await screen.findByText("Card restored: Grade-school maths")).toBeVisible();
    expect(states).toEqual([true, false]);
  });

  it("is duplicated under another name", async () => {
    cardServer();
    on("post", `${CARD}/duplicate`, ({ body }) =>
      body.slug === "taken"
        ? new Refusal(409, { code: "slug_taken", detail: "A card of this name exists." })
        : { body: card(body), status: 201 },
    );
    const { user, router } = openPage("/cards/grade-school-math/settings");
    await user.click(await screen.findByRole("button", { name: "More" }));
    await user.click(await screen.findByRole("menuitem", { name: "Duplicate" }));
    const dialog = await screen.findByRole("dialog", { name: "Duplicate" });
    const slug = within(dialog).getByLabelText("Name in addresses");
    await user.clear(slug);
    await user.type(slug, "taken");
    await user.click(within(dialog).getByRole("button", { name: "Duplicate" }));
    expect(await within(dialog).findByText("A card of this name exists.")).toBeVisible();
    await user.clear(slug);
    await user.type(slug, "other");
    await user.click(within(dialog).getByRole("button", { name: "Duplicate" }));
    await waitFor(() => expect(router.latestLocation.pathname).toBe("/cards/other"));
  });
});

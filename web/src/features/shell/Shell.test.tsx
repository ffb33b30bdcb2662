import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { card } from "@/test/fixtures";
import { healthyServer as comesBack, openPage } from "@/test/page";
import { on, unreachable } from "@/test/server";

function cardsAre(...titles: string[]) {
  on("get", "/api/v1/workspaces/{ws}/cards", ({ url }) => {
    const search = url.searchParams.get("search")?.toLowerCase() ?? "";
    const found = titles.filter((title) => title.toLowerCase().includes(search));
    return {
      body: { items: found.map((title) => card({ title, slug: title.toLowerCase() })), next_cursor: null },
    };
  });
}

describe("the shell", () => {
  it("offers a page for an address that does not exist", async () => {
    openPage("/nowhere");
    expect(await screen.findByRole("heading", { name: "There is no page at this address" })).toBeVisible();
    expect(within(screen.getByRole("main")).getByRole("link", { name: "Home" })).toBeVisible();
  });

  it("remembers the theme that was chosen", async () => {
    const { user } = openPage("/nowhere");
    await user.click(await screen.findByRole("button", { name: "Theme" }));
    await user.click(await screen.findByRole("menuitemradio", { name: "Dark" }));
    expect(document.documentElement.dataset.theme).toBe("dark");
    expect(localStorage.getItem("theme")).toBe("dark");
  });

  it("jumps to a card by its name", async () => {
    cardsAre("Sort", "Reply");
    const { user, router } = openPage("/nowhere");
    await screen.findByRole("heading", { name: "There is no page at this address" });
    await user.keyboard("{Control>}k{/Control}");
    const dialog = await screen.findByRole("dialog", { name: "Search or jump to" });
    await user.type(within(dialog).getByRole("combobox"), "repl");
    await within(dialog).findByRole("option", { name: /Reply/ });
    await user.keyboard("{Enter}");
    expect(router.latestLocation.pathname).toBe("/cards/reply");
  });

  it("shows its keys on a question mark", async () => {
    const { user } = openPage("/nowhere");
    await screen.findByRole("heading", { name: "There is no page at this address" });
    await user.keyboard("?");
    const dialog = await screen.findByRole("dialog", { name: "Keyboard" });
    expect(within(dialog).getByRole("link", { name: "Documentation" })).toHaveAttribute("href", "/docs/");
  });

  it("says when the server is gone and reads again when it is back", async () => {
    const { user } = openPage("/nowhere");
    unreachable("/api/v1/*");
    expect(await screen.findByText("The server does not answer.")).toBeVisible();
    comesBack();
    await user.click(screen.getByRole("button", { name: "Try now" }));
    expect(await screen.findByText("all well")).toBeVisible();
    expect(screen.queryByText("The server does not answer.")).not.toBeInTheDocument();
  });
});

import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { BudgetView } from "@/api/types";
import { viewer } from "@/test/fixtures";
import { openPage } from "@/test/page";
import { on, Refusal } from "@/test/server";

const BUDGET = "/api/v1/workspaces/{ws}/budget";

function budgetServer(over: Partial<BudgetView> = {}) {
  const state: BudgetView = {
    day: "2026-11-27",
    ends_at: "2126-11-28T00:00:00.000Z",
    budget: { calls: 5_000, tokens: null, cost_usd: null },
    used: { calls: 1_204, tokens: 88_000, cost_usd: "0.42" },
    set_by: "ada",
    set_at: "2026-11-20T08:00:00.000Z",
    ...over,
  };
  const asked: object[] = [];
  on("get", BUDGET, () => ({ body: state }));
  on("put", BUDGET, ({ body }) => {
    asked.push(body);
    Object.assign(state, { budget: body, set_at: `2026-11-2${asked.length}T08:00:00.000Z` });
    return { body: state };
  });
  return asked;
}

describe("the budget", () => {
  it("is shown with what is used of it, set, and put back", async () => {
    const asked = budgetServer();
    const { user } = openPage("/budget");
    expect(await screen.findByText("1,204 of 5,000")).toBeVisible();
    expect(screen.getByText("88,000, no limit")).toBeVisible();
    expect(screen.getByText("$0.42, no limit")).toBeVisible();
    expect(screen.getByText(/Set by ada/)).toBeVisible();
    await user.clear(screen.getByLabelText("Model calls"));
    await user.type(screen.getByLabelText("US dollars"), "much{Enter}");
    expect(screen.getByText("Type an amount such as 2.50, or nothing for no limit")).toBeVisible();
    expect(asked).toHaveLength(0);
    await user.clear(screen.getByLabelText("US dollars"));
    await user.type(screen.getByLabelText("US dollars"), "2.50");
    await user.type(screen.getByLabelText("Tokens"), "1,000,000{Enter}");
    expect(await screen.findByText("88,000 of 1,000,000")).toBeVisible();
    expect(asked).toEqual([{ calls: null, tokens: 1_000_000, cost_usd: "2.50" }]);
    const toast = (await screen.findByText("Budget saved")).closest(".toast") as HTMLElement;
    await user.click(within(toast).getByRole("button", { name: /Undo/ }));
    await waitFor(() => expect(asked.at(-1)).toEqual({ calls: 5_000, tokens: null, cost_usd: null }));
    await waitFor(() => expect(screen.getByLabelText("Model calls")).toHaveValue("5000"));
  });

  it("that is used up says so", async () => {
    budgetServer({ budget: { calls: 1_204 } });
    openPage("/budget");
    expect(await screen.findByText("Used up: runs that need more are paused.")).toBeVisible();
  });

  it("says where the server refuses it, and keeps what was typed", async () => {
    budgetServer();
    on("put", BUDGET, () => new Refusal(422, { errors: [{ pointer: "/calls", detail: "Too many." }] }));
    const { user } = openPage("/budget");
    await user.type(await screen.findByLabelText("Model calls"), "9{Enter}");
    expect(await screen.findByText("Too many.")).toBeVisible();
    expect(screen.getByLabelText("Model calls")).toHaveValue("50009");
  });

  it("is set by who owns the workspace, and read by every member", async () => {
    budgetServer();
    on("get", "/api/v1/workspaces/{ws}/members", () => ({ body: { items: [], next_cursor: null } }));
    openPage("/budget", viewer());
    expect(await screen.findByText("1,204 of 5,000")).toBeVisible();
    expect(screen.getByText(/to set the budget takes the role owner/)).toBeVisible();
    expect(screen.queryByRole("button", { name: "Save budget" })).toBeNull();
  });
});

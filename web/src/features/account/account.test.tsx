import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import type { ApiKey, SessionItem } from "@/api/types";
import { leave } from "@/api/workspace";
import { account } from "@/test/fixtures";
import { openPage } from "@/test/page";
import { on, Refusal } from "@/test/server";

const KEYS = "/api/v1/account/api-keys";
const SESSIONS = "/api/v1/account/sessions";

function accountServer() {
  const state = { account: account() };
  on("get", "/api/v1/account", () => ({ body: state.account }));
  return state;
}

describe("the profile", () => {
  it("changes the password, and says which one was wrong", async () => {
    accountServer();
    const asked: object[] = [];
    on("post", "/api/v1/account/password", ({ body }) => {
      asked.push(body);
      return body.current === "old password here"
        ? { body: undefined }
        : new Refusal(422, {
            errors: [{ pointer: "/current", detail: "This is not your present password." }],
          });
    });
    const { user } = openPage("/account");
    await user.type(await screen.findByLabelText("Current password"), "no");
    await user.type(screen.getByLabelText("New password"), "ada ada ada ada");
    await user.click(screen.getByRole("button", { name: "Change password" }));
    expect(asked).toHaveLength(0);
    await user.clear(screen.getByLabelText("New password"));
    await user.type(screen.getByLabelText("New password"), "correct horse battery");
    await user.click(screen.getByRole("button", { name: "Change password" }));
    expect(await screen.findByText("This is not your present password.")).toBeVisible();
    await user.clear(screen.getByLabelText("Current password"));
    await user.type(screen.getByLabelText("Current password"), "old password here");
    await user.click(screen.getByRole("button", { name: "Change password" }));
    expect(await screen.findByText(/Password changed/)).toBeVisible();
    expect(screen.getByLabelText("New password")).toHaveValue("");
  });

  it("turns two-factor on with a drawing, and shows the recovery codes once", async () => {
    const state = accountServer();
    on("post", "/api/v1/account/two-factor", () => ({
      body: { secret: "JBSWY3DPEHPK3PXP", uri: "otpauth://totp/Promptcards:ada?secret=JBSWY3DPEHPK3PXP" },
    }));
    on("post", "/api/v1/account/two-factor/confirm", ({ body }) => {
      if (body.code !== "123456")
        return new Refusal(422, { detail: "This code is wrong. Look at the clock." });
      state.account = account({ two_factor: true });
      return { body: { recovery_codes: ["aaaa-bbbb", "cccc-dddd"] } };
    });
    const { user } = openPage("/account");
    await user.click(await screen.findByRole("button", { name: "Set up two-factor" }));
    expect(await screen.findByRole("img", { name: /The secret/ })).toBeVisible();
    expect(screen.getByLabelText("Secret")).toHaveValue("JBSWY3DPEHPK3PXP");
    await user.type(screen.getByLabelText("Code"), "000000{Enter}");
    expect(await screen.findByText("This code is wrong. Look at the clock.")).toBeVisible();
    await user.clear(screen.getByLabelText("Code"));
    await user.type(screen.getByLabelText("Code"), "123 456{Enter}");
    const codes = await screen.findByRole("list", { name: "Recovery codes" });
    expect(
      within(codes)
        .getAllByRole("listitem")
        .map(({ textContent }) => textContent),
    ).toEqual(["aaaa-bbbb", "cccc-dddd"]);
    await user.click(screen.getByRole("button", { name: "I have kept them" }));
    expect(await screen.findByRole("button", { name: "Turn off" })).toBeVisible();
    expect(screen.queryByText("aaaa-bbbb")).toBeNull();
  });
});

describe("recovery codes", () => {
  it("are made anew with the password and a code, and shown once", async () => {
    const state = accountServer();
    state.account = account({ two_factor: true });
    on("post", "/api/v1/account/two-factor/recovery-codes", ({ body }) =>
      body.password === "nine walruses" && body.code === "123 456"
        ? { body: { recovery_codes: ["eeee-ffff"] } }
        : new Refusal(403, { code: "wrong_password", detail: "This is not your password." }),
    );
    const { user } = openPage("/account");
    await user.click(await screen.findByRole("button", { name: "Make new recovery codes" }));
    const dialog = await screen.findByRole("dialog", { name: "Make new recovery codes?" });
    await user.type(within(dialog).getByLabelText("Password"), "ten walruses");
    expect(within(dialog).getByRole("button", { name: "Make new codes" })).toBeDisabled();
    await user.type(within(dialog).getByLabelText("Code"), " 123 456");
    await user.click(within(dialog).getByRole("button", { name: "Make new codes" }));
    expect(await within(dialog).findByText("This is not your password.")).toBeVisible();
    await user.clear(within(dialog).getByLabelText("Password"));
    await user.type(within(dialog).getByLabelText("Password"), "nine walruses");
    await user.click(within(dialog).getByRole("button", { name: "Make new codes" }));
    expect(await screen.findByRole("list", { name: "Recovery codes" })).toHaveTextContent("eeee-ffff");
    expect(screen.getByText(/throw the old ones away/)).toBeVisible();
    await user.click(screen.getByRole("button", { name: "I have kept them" }));
    expect(await screen.findByRole("button", { name: "Make new recovery codes" })).toBeVisible();
    expect(screen.queryByText("eeee-ffff")).toBeNull();
  });
});

describe("two-factor", () => {
  it("is turned off with the password and a code", async () => {
    const state = accountServer();
    state.account = account({ two_factor: true });
    const sent: object[] = [];
    on("delete", "/api/v1/account/two-factor", ({ body }) => {
      sent.push(body);
      return { body: undefined };
    });
    const { user } = openPage("/account");
    await user.click(await screen.findByRole("button", { name: "Turn off" }));
    const dialog = await screen.findByRole("dialog", { name: "Turn two-factor off?" });
    const off = within(dialog).getByRole("button", { name: "Turn off" });
    await user.type(within(dialog).getByLabelText("Password"), "nine walruses");
    expect(off).toBeDisabled();
    await user.type(within(dialog).getByLabelText("Code"), "aaaa-bbbb");
    await user.click(off);
    expect(await screen.findByRole("button", { name: "Set up two-factor" })).toBeVisible();
    expect(sent).toEqual([{ password: "nine walruses", code: "aaaa-bbbb" }]);
  });
});

describe("sessions", () => {
  const item = (id: string, over: Partial<SessionItem> = {}): SessionItem => ({
    id,
    current: false,
    created_at: "2026-11-20T08:00:00.000Z",
    last_seen_at: "2026-11-22T08:00:00.000Z",
    expires_at: "2026-11-30T08:00:00.000Z",
    user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    address: "192.0.2.7",
    remembered: false,
    ...over,
  });

  it("mark this one, and end another or all others", async () => {
    let items = [item("a", { current: true }), item("b", { user_agent: "" }), item("c")];
    on("get", SESSIONS, () => ({ body: { items, next_cursor: null } }));
    on("delete", `${SESSIONS}/{session}`, ({ params }) => {
      items = items.filter(({ id }) => id !== params.session);
      return { body: undefined };
    });
    on("delete", SESSIONS, () => {
      items = items.filter(({ current }) => current);
      return { body: undefined };
    });
    const { user } = openPage("/account/sessions");
    const program = (await screen.findByText("A program")).closest("tr") as HTMLElement;
    expect(screen.getByText("this one").closest("tr")).toHaveTextContent("Firefox on Linux");
    await user.click(within(program).getByRole("button", { name: "End" }));
    await waitFor(() => expect(screen.queryByText("A program")).toBeNull());
    await user.click(screen.getByRole("button", { name: "End all others" }));
    expect(await screen.findByText("1 session ended. Only this one is left.")).toBeVisible();
    await waitFor(() => expect(screen.getByRole("button", { name: "End all others" })).toBeDisabled());
  });

  it("of this browser end by signing out", async () => {
    const left = vi.spyOn(leave, "to").mockImplementation(() => undefined);
    on("get", SESSIONS, () => ({ body: { items: [item("a", { current: true })], next_cursor: null } }));
    on("delete", "/api/v1/session", () => ({ body: undefined }));
    const { user } = openPage("/account/sessions");
    await user.click(await screen.findByRole("button", { name: "Sign out" }));
    await waitFor(() => expect(left).toHaveBeenCalledWith("/"));
  });
});

describe("API keys", () => {
  const key = (over: Partial<ApiKey> = {}): ApiKey => ({
    id: "k",
    begins_with: "pck_01234567",
    name: "ci",
    workspace: "default",
    scopes: ["cards:read"],
    created_at: "2026-11-20T08:00:00.000Z",
    expires_at: "2027-02-18T08:00:00.000Z",
    last_used_at: null,
    last_used_address: null,
    revoked_at: null,
    budget: { calls: null, tokens: null, cost_usd: null },
    used_today: { calls: 0, tokens: 0, cost_usd: "0" },
    ...over,
  });

  it("are made with scopes, shown once, and revoked after a question", async () => {
    let items: ApiKey[] = [];
    const asked: object[] = [];
    on("get", KEYS, () => ({ body: { items, next_cursor: null } }));
    on("post", KEYS, ({ body }) => {
      asked.push(body);
      items = [key()];
      return { body: { ...key(), key: "pck_01234567_secret" }, status: 201 };
    });
    on("delete", `${KEYS}/{key}`, () => {
      items = [];
      return { body: undefined };
    });
    const { user } = openPage("/account/api-keys");
    await user.click(await screen.findByRole("button", { name: "New key" }));
    const form = await screen.findByRole("dialog", { name: "New API key" });
    await user.click(within(form).getByRole("button", { name: "Make key" }));
    expect(within(form).getByText("A key needs a name")).toBeVisible();
    await user.type(within(form).getByLabelText("Name"), "ci");
    await user.click(within(form).getByLabelText(/start, pause and cancel runs/));
    await user.click(within(form).getByRole("button", { name: "Make key" }));
    const made = await screen.findByRole("dialog", { name: "Keep this key" });
    expect(within(made).getByLabelText("ci")).toHaveValue("pck_01234567_secret");
    expect(asked).toEqual([
      { name: "ci", workspace: "default", scopes: ["cards:read", "runs:write"], expires_in_days: 90 },
    ]);
    await user.click(within(made).getByRole("button", { name: "I have kept it" }));
    await user.click(await screen.findByRole("button", { name: "Revoke ci" }));
    await user.click(await screen.findByRole("button", { name: "Revoke the key" }));
    expect(await screen.findByText("No API keys yet")).toBeVisible();
    expect(screen.queryByDisplayValue("pck_01234567_secret")).toBeNull();
  });

  it("may have a budget, which is shown with what is used today, set, and put back", async () => {
    let items = [
      key({
        budget: { calls: 500, tokens: null, cost_usd: "2.5" },
        used_today: { calls: 500, tokens: 90_000, cost_usd: "0.42" },
      }),
    ];
    const [made, set]: [object[], object[]] = [[], []];
    on("get", KEYS, () => ({ body: { items, next_cursor: null } }));
    on("post", KEYS, ({ body }) => {
      made.push(body);
      return { body: { ...key(), key: "pck_01234567_secret" }, status: 201 };
    });
    on("put", `${KEYS}/{key}/budget`, ({ params, body }) => {
      set.push(body);
      if (body.calls === 0) return new Refusal(422, { errors: [{ pointer: "/calls", detail: "Too few." }] });
      items = items.map((item) => (item.id === params.key ? { ...item, budget: body } : item));
      const used = { calls: 500, tokens: 90_000, cost_usd: "0.42" };
      const day = { day: "2026-11-27", ends_at: "2126-11-28T00:00:00.000Z" };
      return { body: { ...day, budget: body, used, set_by: "ada", set_at: null } };
    });
    const { user } = openPage("/account/api-keys");
    expect(await screen.findByText("Today 500 of 500 calls, $0.42 of $2.50")).toBeVisible();
    expect(screen.getByText("Budget used up.")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Budget of ci" }));
    const dialog = await screen.findByRole("dialog", { name: "Budget of ci" });
    await user.clear(within(dialog).getByLabelText("Model calls"));
    await user.type(within(dialog).getByLabelText("Model calls"), "many");
    await user.click(within(dialog).getByRole("button", { name: "Save budget" }));
    expect(within(dialog).getByText("Type a whole number, or nothing for no limit")).toBeVisible();
    await user.clear(within(dialog).getByLabelText("Model calls"));
    await user.type(within(dialog).getByLabelText("Model calls"), "0");
    await user.click(within(dialog).getByRole("button", { name: "Save budget" }));
    expect(await within(dialog).findByText("Too few.")).toBeVisible();
    await user.type(within(dialog).getByLabelText("Model calls"), "{Backspace}1,000");
    await user.click(within(dialog).getByRole("button", { name: "Save budget" }));
    expect(await screen.findByText("Today 500 of 1,000 calls, $0.42 of $2.50")).toBeVisible();
    expect(screen.queryByText("Budget used up.")).toBeNull();
    expect(set.at(-1)).toEqual({ calls: 1_000, tokens: null, cost_usd: "2.50" });
    const toast = (await screen.findByText("Budget of ci saved")).closest(".toast") as HTMLElement;
    await user.click(within(toast).getByRole("button", { name: /Undo/ }));
    expect(await screen.findByText("Today 500 of 500 calls, $0.42 of $2.50")).toBeVisible();

    await user.click(screen.getByRole("button", { name: "New key" }));
    const form = await screen.findByRole("dialog", { name: "New API key" });
    await user.type(within(form).getByLabelText("Name"), "ci");
    await user.type(within(form).getByLabelText("US dollars"), "much");
    await user.click(within(form).getByRole("button", { name: "Make key" }));
    expect(within(form).getByText("Type an amount such as 2.50, or nothing for no limit")).toBeVisible();
    await user.clear(within(form).getByLabelText("US dollars"));
    await user.type(within(form).getByLabelText("US dollars"), "2.50");
    await user.click(within(form).getByRole("button", { name: "Make key" }));
    await screen.findByRole("dialog", { name: "Keep this key" });
    expect(made).toEqual([
      expect.objectContaining({ budget: { calls: null, tokens: null, cost_usd: "2.50" } }),
    ]);
  });
});

describe("limits", () => {
  it("are shown with what is left", async () => {
    on("get", "/api/v1/limits", () => ({
      body: {
        profile: "strict" as const,
        window_seconds: 900,
        policies: [{ policy: "general", limit: 100, remaining: 57, reset_seconds: 412 }],
        event_streams: { limit: 8, open: 3 },
        model_calls: { limit: 16, open: null },
      },
    }));
    openPage("/account/limits");
    expect(await screen.findByText("57 of 100 left")).toBeVisible();
    expect(screen.getByText(/in 15 min: .*There is more in 7 min/)).toBeVisible();
    expect(screen.getByText("3 of 8")).toBeVisible();
  });

  it("that are reached say when to ask again", async () => {
    on(
      "get",
      "/api/v1/limits",
      () => new Refusal(429, { detail: "100 requests in 15 minutes.", retry_after_s: 120 }),
    );
    openPage("/account/limits");
    expect(await screen.findByRole("heading", { name: "Too many requests" })).toBeVisible();
    expect(screen.getByRole("button", { name: "Try again in 2 min" })).toBeDisabled();
  });
});

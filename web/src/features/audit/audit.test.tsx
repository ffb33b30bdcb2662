import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { AuditLine } from "@/api/types";
import { account } from "@/test/fixtures";
import { openPage } from "@/test/page";
import { on, Refusal, server } from "@/test/server";

const AUDIT = "/api/v1/audit";
const ada = account();

beforeEach(() => on("get", "/api/v1/users", () => ({ body: { items: [ada], next_cursor: null } })));

function row(seq: number, over: Partial<AuditLine> = {}): AuditLine {
  return {
    seq,
    at: "2026-11-27T08:00:00.000Z",
    actor_kind: "session",
    actor: ada.id,
    credential: null,
    address: null,
    action: "user.invite",
    object: "user:mira",
    workspace: null,
    outcome: "done",
    request: null,
    detail: { role: "user" },
    hash: "ab".repeat(32),
    ...over,
  };
}

describe("the audit log", () => {
  it("is filtered, paged, and opened row by row", async () => {
    const asked: string[] = [];
    on("get", AUDIT, ({ url }) => {
      asked.push(url.search);
      const more = url.searchParams.has("cursor");
      const items = url.searchParams.get("action")
        ? [row(7, { action: "auth.sign_in" })]
        : [row(more ? 1 : 9)];
      return { body: { items, next_cursor: more || url.searchParams.get("action") ? null : "next" } };
    });
    const { user } = openPage("/audit");
    const first = (await screen.findByRole("link", { name: "9" })).closest("tr") as HTMLElement;
    expect(await within(first).findByText("ada")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Load more" }));
    await user.click(await screen.findByRole("link", { name: "1" }));
    const drawer = await screen.findByRole("complementary", { name: "1 user.invite" });
    expect(within(drawer).getByText("user:mira")).toBeVisible();
    expect(drawer).toHaveTextContent('"role": "user"');
    await user.click(within(drawer).getByRole("button", { name: "Close" }));
    await user.type(screen.getByLabelText("What"), "auth.sign_in");
    expect(await screen.findByRole("link", { name: "7" })).toBeVisible();
    expect(asked.at(-1)).toContain("action=auth.sign_in");
    await user.selectOptions(screen.getByLabelText("Who"), "ada");
    await waitFor(() => expect(asked.at(-1)).toContain(`actor=${ada.id}`));
  });

  it("is narrowed to one object and to refusals, and the address says so", async () => {
    const asked: URLSearchParams[] = [];
    on("get", AUDIT, ({ url }) => {
      asked.push(url.searchParams);
      return { body: { items: [row(9), row(8, { object: "" })], next_cursor: null } };
    });
    const { user, router } = openPage("/audit?entry=9");
    const drawer = await screen.findByRole("complementary", { name: "9 user.invite" });
    await user.click(within(drawer).getByRole("link", { name: "Everything done to this" }));
    await waitFor(() => expect(screen.getByLabelText("On")).toHaveValue("user:mira"));
    await waitFor(() => expect(asked.at(-1)?.get("object")).toBe("user:mira"));
    await user.selectOptions(screen.getByLabelText("Outcome"), "Refused");
    await waitFor(() => expect(asked.at(-1)?.get("outcome")).toBe("refused"));
    expect(router.state.location.search).toMatchObject({ object: "user:mira", outcome: "refused" });
    await user.clear(screen.getByLabelText("On"));
    await waitFor(() => expect(asked.at(-1)?.has("object")).toBe(false));
    expect(asked.at(-1)?.get("outcome")).toBe("refused");
  });

  it("says whether it is whole, and where it is not", async () => {
    on("get", AUDIT, () => ({ body: { items: [row(1)], next_cursor: null } }));
    on("post", `${AUDIT}/verify`, () => ({
      body: { sound: true, first: 1, last: 1204, hash: "ab".repeat(32), checkpoints: 2, fault: null },
    }));
    const { user } = openPage("/audit");
    await user.click(await screen.findByRole("button", { name: "Verify" }));
    expect(await screen.findByText("Whole: rows 1 to 1,204 as written, 2 checkpoints signed.")).toBeVisible();
    on("post", `${AUDIT}/verify`, () => ({
      body: {
        sound: false,
        first: 1,
        last: 16,
        hash: "ab".repeat(32),
        checkpoints: 2,
        fault: { seq: 17, detail: "Its hash does not fit." },
      },
    }));
    await user.click(screen.getByRole("button", { name: "Verify" }));
    expect(await screen.findByText("Not whole, first at row 17. Its hash does not fit.")).toBeVisible();
  });

  it("asks for the password once more, and can be asked again when that was left", async () => {
    let confirmed = false;
    on("get", AUDIT, () =>
      confirmed
        ? { body: { items: [row(3)], next_cursor: null } }
        : new Refusal(403, { code: "confirmation_required", detail: "Give your password once more." }),
    );
    on("post", "/api/v1/session/confirm", () => {
      confirmed = true;
      return { body: undefined };
    });
    const { user } = openPage("/audit");
    const dialog = await screen.findByRole("dialog", { name: "Is it you?" });
    await user.click(within(dialog).getByRole("button", { name: "Cancel" }));
    expect(await screen.findByRole("heading", { name: "This needs your password" })).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Try again" }));
    await user.type(await screen.findByLabelText("Password"), "correct horse battery{Enter}");
    expect(await screen.findByRole("link", { name: "3" })).toBeVisible();
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  });

  it("is exported whole", async () => {
    on("get", AUDIT, () => ({ body: { items: [row(1)], next_cursor: null } }));
    let asked: string | undefined;
    server.use(
      http.get(`*${AUDIT}/export`, ({ request }) => {
        asked = new URL(request.url).search;
        return HttpResponse.text('{"entry":{}}\n', { headers: { "content-type": "application/x-ndjson" } });
      }),
    );
    URL.createObjectURL = vi.fn(() => "blob:rows");
    const click = vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(() => undefined);
    const { user } = openPage(`/audit?actor=${ada.id}`);
    await user.click(await screen.findByRole("button", { name: "Export all" }));
    await waitFor(() => expect(click).toHaveBeenCalled());
    expect(asked).toBe("");
  });
});

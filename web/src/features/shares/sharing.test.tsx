import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CellView, Share, SharedView } from "@/api/types";
import { account, cellSummary, content, noCounts, run, session, testCase } from "@/test/fixtures";
import { openPage } from "@/test/page";
import { on, Refusal } from "@/test/server";

const SHARES = "/api/v1/workspaces/{ws}/shares";
const LOOK = "/api/v1/shared/look";
const ID = "0193f2a1-0000-7000-8000-0000000000e1";
const HOSTILE = '<img src=x onerror="alert(1)">';

class SilentSource extends EventTarget {
  static readonly CLOSED = 2;
  close(): void {}
}

beforeEach(() => vi.stubGlobal("EventSource", SilentSource));
afterEach(() => vi.unstubAllGlobals());

function share(over: Partial<Share> = {}): Share {
  return {
    id: ID,
    card_id: null,
    run_id: run().id,
    link: true,
    accounts: [],
    created_by: "ada",
    created_at: "2026-11-23T08:00:00.000Z",
    expires_at: "2026-12-23T08:00:00.000Z",
    works: true,
    ...over,
  };
}

const item = { id: ID, title: "Grade-school maths", expires_at: "2026-12-23T08:00:00.000Z" };

function version(number: number, text: string) {
  return {
    number,
    message: `Version ${number}`,
    author: "",
    created_at: "2026-11-22T08:00:00.000Z",
    content_hash: "c0ffee",
    labels: [],
    content: content(text),
  };
}

/** What a share of a card answers. */
function ofCard(part: string, at?: number | null): SharedView {
  if (part === "versions") {
    return { part, versions: [version(2, "Two {{ q }}"), version(1, "One {{ q }}")], next: null };
  }
  if (part === "version") return { part, version: version(at ?? 0, "One {{ q }}") };
  if (part === "cases") {
    const hostile = testCase(1, {
      content: { description: HOSTILE, variables: { q: HOSTILE }, assertions: [] },
    });
    return { part, cases: at ? [testCase(2)] : [hostile], next: at ? null : 1 };
  }
  return {
    part: "card",
    share: { ...item, kind: "card", run_number: null },
    card: {
      title: "Grade-school maths",
      description: "For the tests",
      tags: ["gsm8k"],
      latest_version: 2,
      labels: [{ name: "production", version: 1 }],
      case_count: 2,
    },
    version: version(2, "Two {{ q }}"),
  };
}

const columns = [
  {
    position: 0,
    version_position: 0,
    model_position: 0,
    counts: { ...noCounts, fail: 1 },
    latency_ms_mean: null,
    prompt_tokens: 0,
    completion_tokens: 0,
    tokens_per_second: null,
    cost_usd: null,
    metrics: [],
    interval: null,
  },
];

/** What a share of a run answers. */
function ofRun(part: string): SharedView {
  const shared = run({ columns, case_count: 1, cell_count: 1, created_by: "" });
  const summary = cellSummary({
    verdict: "fail",
    headline: "3 expected 4",
    reason: "It is 3.",
    preview: HOSTILE,
  });
  const item_ = {
    position: 0,
    case_id: "c",
    description: "Add",
    variables: {},
    expected_output: "4",
    tags: [],
  };
  if (part === "rows") return { part, cells: [summary], cases: [item_], next: null };
  if (part === "cell") {
    const cell: CellView = {
      summary,
      card: { slug: "grade-school-math", title: "Grade-school maths", version: 7 },
      model: { provider: "ollama", model: "llama3.2", simulated: false, digest: null, parameters: {} },
      case: item_,
      result: {
        prompt: [{ role: "user", content: [{ type: "text", text: "Add" }] }],
        prompt_hash: "",
        parameters: {},
        server: null,
        digest: null,
        output: HOSTILE,
        tool_calls: [],
        thinking: null,
        finish_reason: "stop",
        usage: {},
        cost_usd: null,
        timings: { total_ms: 5 },
        notes: [],
        started_at: "2026-11-22T08:00:01.000Z",
        finished_at: "2026-11-22T08:00:02.000Z",
      },
      outcomes: [],
      metric_scores: [],
      attempts: [],
      cached_from: null,
    };
    return { part, cell };
  }
  return { part: "run", share: { ...item, kind: "run", run_number: 14 }, run: shared };
}

describe("a link", () => {
  it("shows a card to who is not signed in, and its secret leaves the address", async () => {
    const secrets = new Set<string>();
    on("post", LOOK, ({ body }) => {
      secrets.add(body.secret);
      return { body: ofCard(body.part ?? "whole", body.at) };
    });
    const { user, router } = openPage("/shared#s3cret", "nobody");
    expect(await screen.findByRole("heading", { name: "Grade-school maths" })).toBeVisible();
    await waitFor(() => expect(router.state.location.href).toBe("/shared"));
    expect([...secrets]).toEqual(["s3cret"]);
    expect(screen.getByText("Two {{ q }}")).toBeVisible();
    expect(screen.queryByRole("navigation", { name: "Main" })).toBeNull();
    await user.selectOptions(await screen.findByLabelText("Version"), "1");
    expect(await screen.findByText("One {{ q }}")).toBeVisible();
    // The text of others is text.
    await user.click((await screen.findAllByText(HOSTILE))[0] as HTMLElement);
    expect(document.querySelector("img")).toBeNull();
    const cases = screen.getByRole("region", { name: "Cases" });
    await user.click(within(cases).getByRole("button", { name: "Load more" }));
    expect(await within(cases).findByText("Case 2")).toBeVisible();
  });

  it("shows a run with its table and its cells", async () => {
    on("post", LOOK, ({ body }) => ({ body: ofRun(body.part ?? "whole") }));
    const { user } = openPage("/shared#s3cret", "nobody");
    expect(await screen.findByRole("heading", { name: "Run 14" })).toBeVisible();
    for (const name of ["Share", "Delete run", "Keep"]) {
      expect(screen.queryByRole("button", { name })).toBeNull();
    }
    await user.click(await screen.findByRole("link", { name: /3/ }));
    expect(await screen.findByRole("heading", { name: "Output" })).toBeVisible();
    const cell = screen.getByRole("complementary");
    expect(within(cell).getByText(HOSTILE)).toBeVisible();
    expect(document.querySelector("img")).toBeNull();
    expect(within(cell).queryByRole("button", { name: "Copy link to this cell" })).toBeNull();
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByRole("complementary")).toBeNull());
  });

  it("that does not work is tried once, and says so", async () => {
    let asked = 0;
    on("post", LOOK, () => {
      asked += 1;
      return new Refusal(404, { code: "not_found", detail: "Nothing is shared here." });
    });
    openPage("/shared#old", "nobody");
    expect(await screen.findByRole("heading", { name: "Nothing is shared here" })).toBeVisible();
    expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
    expect(asked).toBe(1);
  });

  it("without its secret is not whole", async () => {
    openPage("/shared", "nobody");
    expect(await screen.findByRole("heading", { name: "The link is not whole" })).toBeVisible();
  });
});

describe("a guest", () => {
  it("finds what was shared on the home page, and reads it", async () => {
    on("get", "/api/v1/shared", () => ({
      body: { items: [{ ...item, kind: "card" as const, run_number: null }], next_cursor: null },
    }));
    on("get", "/api/v1/shared/{share}", ({ url }) => ({
      body: ofCard(url.searchParams.get("part") ?? "whole", Number(url.searchParams.get("at"))),
    }));
    const guest = session({ user: account({ name: "gina", role: "guest" }), workspaces: [] });
    const { user } = openPage("/", guest);
    expect(await screen.findByRole("link", { name: "Grade-school maths" })).toBeVisible();
    await user.click(screen.getByRole("link", { name: "Your account" }));
    await user.click(await screen.findByRole("link", { name: "Shared" }));
    await user.click(await screen.findByRole("link", { name: "Grade-school maths" }));
    expect(await screen.findByText("Two {{ q }}")).toBeVisible();
    expect(screen.getByText(/Shared with you to read/)).toBeVisible();
  });
});

describe("sharing", () => {
  it("makes a link that is shown once, names accounts, and is taken back", async () => {
    let shares: Share[] = [share({ id: "old", link: false, accounts: ["gina"], works: false })];
    const made: object[] = [];
    on("get", "/api/v1/workspaces/{ws}/runs/{run}", () => ({ body: run() }));
    on("get", "/api/v1/workspaces/{ws}/runs/{run}/cells", () => ({ body: { items: [], next_cursor: null } }));
    on("get", "/api/v1/workspaces/{ws}/runs/{run}/cases", () => ({ body: { items: [], next_cursor: null } }));
    on("get", SHARES, ({ url }) => {
      expect(url.searchParams.get("run")).toBe(run().id);
      return { body: { items: shares, next_cursor: null } };
    });
    on("post", SHARES, ({ body }) => {
      made.push(body);
      if (body.accounts?.includes("nobody")) {
        const detail = "There is no account `nobody`.";
        return new Refusal(422, { detail, errors: [{ pointer: "/accounts/0", detail }] });
      }
      shares = [share(), ...shares];
      return { body: { share: share(), path: "/shared#s3cret" }, status: 201 };
    });
    on("delete", `${SHARES}/{share}`, ({ params }) => {
      shares = shares.filter(({ id }) => id !== params.share);
      return { body: undefined };
    });
    const { user } = openPage(`/runs/${run().id}`);
    await user.click(await screen.findByRole("button", { name: "Share" }));
    const dialog = await screen.findByRole("dialog", { name: "Share run 14" });
    expect(await within(dialog).findByText("does not work now")).toBeVisible();
    await user.type(within(dialog).getByLabelText(/^Accounts/), "nobody");
    await user.click(within(dialog).getByRole("button", { name: "Share" }));
    expect(await within(dialog).findByText("There is no account `nobody`.")).toBeVisible();
    await user.clear(within(dialog).getByLabelText(/^Accounts/));
    await user.selectOptions(within(dialog).getByLabelText("For"), "7");
    await user.click(within(dialog).getByRole("button", { name: "Share" }));
    expect(await within(dialog).findByLabelText("Link")).toHaveValue(
      `${window.location.origin}/shared#s3cret`,
    );
    expect(made.at(-1)).toEqual({ run: run().id, expires_in_days: 7, link: true, accounts: [] });
    await user.click(await within(dialog).findByRole("button", { name: "Revoke: Whoever has the link" }));
    await waitFor(() => expect(within(dialog).queryByText("Whoever has the link")).toBeNull());
    expect(shares.map(({ id }) => id)).toEqual(["old"]);
  });
});

import { act, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CellSummary, CellView, Run } from "@/api/types";
import { noCounts, run } from "@/test/fixtures";
import { openPage } from "@/test/page";
import { on, Refusal } from "@/test/server";

const RUN = "/api/v1/workspaces/{ws}/runs/{run}";
const MODEL = {
  provider: "ollama",
  model: "llama3.2",
  simulated: false,
  digest: "sha256:abcdef0123456789",
  parameters: {},
};

class FakeSource extends EventTarget {
  static readonly CLOSED = 2;
  static last: FakeSource | undefined;
  readyState = 1;

  constructor() {
    super();
    FakeSource.last = this;
  }

  close(): void {
    this.readyState = FakeSource.CLOSED;
  }

  send(name: string, data: object): void {
    act(() => void this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data) })));
  }
}

// jsdom lays nothing out: the matrix is given a height, so that it has rows in sight.
beforeEach(() => {
  vi.spyOn(Element.prototype, "clientHeight", "get").mockReturnValue(600);
  vi.spyOn(Element.prototype, "clientWidth", "get").mockReturnValue(900);
  vi.stubGlobal("EventSource", FakeSource);
});
afterEach(() => vi.unstubAllGlobals());

function cell(row: number, over: Partial<CellSummary> = {}): CellSummary {
  return {
    position: row,
    row,
    column: 0,
    case_position: row,
    repeat: 0,
    state: "finished",
    verdict: "pass",
    score: 1,
    headline: "540",
    reason: "The last number is 540.",
    preview: "He runs 540.",
    latency_ms: 2400,
    completion_tokens: 12,
    attempts: 1,
    cached: false,
    cost_usd: null,
    ...over,
  };
}

const CELLS: CellSummary[] = [
  cell(0),
  cell(1, { verdict: "fail", score: 0, headline: "250 expected 3" }),
  cell(2, { verdict: "error", score: null, headline: "No answer", reason: "Connection reset.", attempts: 3 }),
  cell(3, { verdict: "invalid", score: null, headline: "Cut off at 400 tokens" }),
  cell(4, { verdict: null, score: null, headline: "", latency_ms: null, cached: true }),
  cell(5, { state: "pending", verdict: null, latency_ms: null }),
  cell(6, { state: "leased", verdict: null, latency_ms: null }),
  cell(7, { state: "cancelled", verdict: null, latency_ms: null }),
];

function view(summary: CellSummary): CellView {
  const finished = summary.state === "finished";
  return {
    summary,
    card: { slug: "grade-school-math", title: "Grade-school maths", version: 7 },
    model: MODEL,
    case: {
      position: summary.case_position,
      case_id: "0193f2a1-0000-7000-8000-000000000101",
      description: "",
      variables: { question: `Question ${summary.row}` },
      expected_output: "3",
      tags: ["money"],
    },
    result: finished
      ? {
          prompt: [{ role: "user", content: [{ type: "text", text: `Question ${summary.row}` }] }],
          prompt_hash: "b3aa",
          parameters: { temperature: 0 },
          server: "http://127.0.0.1:11434",
          digest: "sha256:abcdef0123456789",
          output: summary.verdict === "error" ? "" : '{"answer":3}',
          tool_calls: [],
          thinking: "Let me see.",
          finish_reason: "stop",
          usage: { prompt_tokens: 98, completion_tokens: 12 },
          cost_usd: null,
          timings: {
            load_ms: 5,
            prompt_evaluation_ms: 400,
            generation_ms: 1900,
            first_token_ms: 450,
            total_ms: 2400,
          },
          notes: ["A U+0000 was replaced."],
          started_at: "2026-11-22T08:00:00.000Z",
          finished_at: "2026-11-22T08:00:02.400Z",
        }
      : null,
    outcomes:
      summary.verdict === "pass" || summary.verdict === "fail"
        ? [
            {
              type: "number",
              verdict: summary.verdict,
              score: summary.score ?? 0,
              weight: 2,
              reason: "The last number of the output is 250.",
              expected: "3",
              actual: "250",
            },
          ]
        : [],
    metric_scores: [],
    attempts: Array.from({ length: summary.attempts }, (_, index) => ({
      number: index + 1,
      started_at: "2026-11-22T08:00:00.000Z",
      latency_ms: 2400,
      error_kind: summary.verdict === "error" ? "connection" : null,
      error: summary.verdict === "error" ? "Connection reset." : null,
    })),
    cached_from: null,
  };
}

function aRun(over: Partial<Run> = {}): Run {
  const counts = { ...noCounts, pass: 1, fail: 1, error: 1, invalid: 1, unjudged: 1, open: 2, cancelled: 1 };
  return run({
    case_count: CELLS.length,
    cell_count: CELLS.length,
    counts,
    models: [MODEL],
    columns: [
      {
        position: 0,
        version_position: 0,
        model_position: 0,
        counts,
        latency_ms_mean: 2400,
        prompt_tokens: 100,
        completion_tokens: 100,
        tokens_per_second: 29,
        cost_usd: "0.0042",
        metrics: [{ metric: "accuracy", sum: 3, weight: 4, mean: 0.75, cells: 2 }],
        interval: { low: 0.09, high: 0.91 },
      },
    ],
    ...over,
  });
}

function serve(shown: Run): { run: Run } {
  const state = { run: shown };
  on("get", RUN, () => ({ body: state.run }));
  on("get", `${RUN}/cells`, ({ url }) => {
    const from = Number(url.searchParams.get("row_from"));
    return { body: { items: CELLS.filter(({ row }) => row >= from && row < from + 30), next_cursor: null } };
  });
  on("get", `${RUN}/cases`, () => ({
    body: { items: CELLS.map((summary) => view(summary).case), next_cursor: null },
  }));
  on("get", `${RUN}/cells/{position}`, ({ params }) => {
    const found = CELLS[Number(params.position)];
    return found ? { body: view(found) } : new Refusal(404, { detail: "There is no such cell." });
  });
  on("get", `${RUN}/rows`, ({ url }) => {
    const rows = url.searchParams.get("show") === "fail" ? [1] : [];
    return { body: { rows, total: CELLS.length, matched: rows.length } };
  });
  return state;
}

const address = `/runs/${run().id}`;

describe("the matrix", () => {
  it("shows every state of a cell with its shape, its word and its reason", async () => {
    serve(aRun());
    openPage(address);
    const table = await screen.findByRole("table", { name: "Results" });
    const names = await within(table).findAllByRole("link");
    expect(names.map((link) => link.textContent)).toEqual([
      "Pass5402.4 sHe runs 540.",
      "Fail250 expected ≠ 32.4 sHe runs 540.",
      "ErrorNo answer3 triesConnection reset.",
      "InvalidCut off at 400 tokens2.4 sHe runs 540.",
      "No assertionNo assertioncachedHe runs 540.",
      "WaitingQueued",
      "In progressIn progress",
      "CancelledCancelled",
    ]);
    expect(within(table).getByText("50.0%")).toBeInTheDocument();
    expect(within(table).getByText("95% 9.0–91.0")).toBeInTheDocument();
    expect(within(table).getAllByRole("rowheader")[1]).toHaveTextContent("Question 1");
  });

  it("says in its head what the run paid and what its metrics come to", async () => {
    serve(aRun());
    openPage(address);
    expect(await screen.findByText("accuracy 0.75")).toBeInTheDocument();
    expect(screen.getByText(/^1 of 2 pass/)).toHaveTextContent("1 of 2 pass, 2.4 s each, $0.0042");
    expect(screen.getByText(/2.4 s each, 29 tokens/)).toHaveTextContent("2.4 s each, 29 tokens/s, $0.0042");
  });

  it("keeps what a filter left in the address, and says what was not found", async () => {
    serve(aRun());
    const { user, router } = openPage(address);
    await user.click(await screen.findByRole("button", { name: /^Failures/ }));
    await waitFor(() => expect(screen.getAllByRole("rowheader")).toHaveLength(1));
    expect(router.state.location.search).toEqual({ show: "fail" });
    await user.click(screen.getByRole("button", { name: /^Flaky/ }));
    expect(router.state.location.search).toEqual({ show: "fail" });
    await user.type(screen.getByRole("searchbox"), "nowhere");
    await user.click(screen.getByRole("button", { name: /^Errors/ }));
    expect(await screen.findByText("Nothing found for “nowhere”")).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Show all" }));
    expect(await screen.findByRole("table", { name: "Results" })).toBeInTheDocument();
  });

  it("labels simulated answers, and counts none of them beside others", async () => {
    const simulated = { ...MODEL, provider: "simulated", model: "simulated-small", simulated: true };
    serve(aRun({ models: [simulated], simulated: true }));
    openPage(address);
    const table = await screen.findByRole("table", { name: "Results" });
    expect(within(table).getByText("simulated")).toBeInTheDocument();
    expect(within(table).getByText("50.0%")).toBeInTheDocument();
  });

  it("says that a run is not here", async () => {
    on("get", RUN, () => new Refusal(404, { detail: "There is no such run." }));
    openPage(address);
    expect(await screen.findByText("There is no such run.")).toBeInTheDocument();
  });
});

describe("a run that is at work", () => {
  it("turns a square when its event comes", async () => {
    serve(aRun({ state: "running", event_number: 10 }));
    openPage(address);
    const waiting = await screen.findByRole("link", { name: /^Waiting/ });
    expect(waiting).toHaveTextContent("Queued");
    const counts = {
      ...noCounts,
      pass: 2,
      fail: 1,
      error: 1,
      invalid: 1,
      unjudged: 1,
      open: 1,
      cancelled: 1,
    };
    const column = { ...aRun().columns[0], counts };
    FakeSource.last?.send("cell_finished", { number: 11, cell: cell(5, { headline: "77" }), column });
    expect(await screen.findByText("77")).toBeInTheDocument();
    expect(screen.getByText("2 of 3 pass, 2.4 s each, $0.0042")).toBeInTheDocument();
    FakeSource.last?.send("run_finished", { number: 12, run: aRun({ state: "finished", event_number: 12 }) });
    expect(await screen.findByText("Finished")).toBeInTheDocument();
    await waitFor(() => expect(FakeSource.last?.readyState).toBe(FakeSource.CLOSED));
  });

  it("is paused, resumed, and cancelled after a question", async () => {
    const state = serve(aRun({ state: "running" }));
    const done: string[] = [];
    for (const [action, next] of [
      ["pause", "paused"],
      ["resume", "running"],
      ["cancel", "cancelled"],
    ] as const) {
      on("post", `${RUN}/${action}`, () => {
        done.push(action);
        state.run = aRun({ state: next, event_number: 20 + done.length });
        return { body: state.run };
      });
    }
    const { user } = openPage(address);
    await user.click(await screen.findByRole("button", { name: "Pause" }));
    await user.click(await screen.findByRole("button", { name: "Resume" }));
    await user.click(await screen.findByRole("button", { name: "Cancel" }));
    const dialog = await screen.findByRole("dialog", { name: "Cancel run 14?" });
    expect(dialog).toHaveTextContent("This cannot be undone");
    await user.click(within(dialog).getByRole("button", { name: "Cancel run 14" }));
    await waitFor(() => expect(done).toEqual(["pause", "resume", "cancel"]));
    expect(await screen.findByText("Cancelled", { selector: ".v--chip" })).toBeInTheDocument();
  });

  it("says why the server paused it", async () => {
    const reason = "Paused: the workspace has used up its 1,000 calls of the day.";
    serve(aRun({ state: "paused", pause_reason: reason }));
    openPage(address);
    expect(await screen.findByText(reason)).toBeInTheDocument();
  });

  it("says why something was not done", async () => {
    serve(aRun());
    on(
      "post",
      `${RUN}/retry-errors`,
      () => new Refusal(409, { detail: "Run 14 is cancelled. Nothing was changed." }),
    );
    const { user } = openPage(address);
    await user.click(await screen.findByRole("button", { name: "Retry 1 error" }));
    expect(await screen.findAllByText("Run 14 is cancelled. Nothing was changed.")).not.toHaveLength(0);
  });
});

/** The drawer itself, not the empty place that holds its room while it loads. */
async function openDrawer(): Promise<HTMLElement> {
  await screen.findByRole("button", { name: "Next cell (J)" });
  return screen.getByRole("complementary");
}

describe("the open cell", () => {
  it("says why it failed, what was asked and what came back", async () => {
    serve(aRun());
    const { user, router } = openPage(`${address}?cell=1`);
    const drawer = await openDrawer();
    expect(await within(drawer).findByText("Why it failed")).toBeInTheDocument();
    expect(within(drawer).getByText("The last number of the output is 250.")).toBeInTheDocument();
    expect(within(drawer).getByText("score 0.00, 0 of 1 assertion")).toBeInTheDocument();
    expect(within(drawer).getByText("Prompt, 98 tokens")).toBeInTheDocument();
    expect(within(drawer).getByText("temperature 0")).toBeInTheDocument();
    expect(within(drawer).getByText("A U+0000 was replaced.")).toBeInTheDocument();
    await user.click(within(drawer).getByRole("button", { name: "JSON" }));
    expect(within(drawer).getByText(/"answer": 3/)).toBeInTheDocument();
    await user.click(within(drawer).getByRole("button", { name: "Expected" }));
    expect(within(drawer).getByText(/only in what was expected/)).toBeInTheDocument();
    await user.click(within(drawer).getByRole("button", { name: "Copy output" }));
    expect(await screen.findByText("Output copied")).toBeInTheDocument();

    await user.click(within(drawer).getByRole("button", { name: "Next cell (J)" }));
    expect(await within(drawer).findByText("Why there is no verdict")).toBeInTheDocument();
    expect(within(drawer).getByText("3 calls")).toBeInTheDocument();
    await user.keyboard("kk");
    expect(await within(drawer).findByText("Why it passed")).toBeInTheDocument();
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByRole("complementary")).toBeNull());
    expect(router.state.location.search).toEqual({});
  });

  it("shows the tools that were asked for, and what an earlier run paid for the answer", async () => {
    serve(aRun());
    const taken = view({ ...CELLS[4], attempts: 0 } as CellSummary);
    on("get", `${RUN}/cells/{position}`, () => ({
      body: {
        ...taken,
        cached_from: { run_id: "0193f2a1-0000-7000-8000-0000000000b0", run_number: 13, position: 4 },
        result: {
          ...(taken.result as NonNullable<CellView["result"]>),
          output: "",
          cost_usd: "0.00042",
          tool_calls: [{ id: "call_1", name: "weather", arguments: '{"city":"Oslo"}' }],
        },
      },
    }));
    openPage(`${address}?cell=4`);
    const drawer = await openDrawer();
    expect(await within(drawer).findByText("weather")).toBeInTheDocument();
    expect(within(drawer).queryByText("There is no output.")).toBeNull();
    expect(within(drawer).getByText(/"city": "Oslo"/)).toBeInTheDocument();
    expect(within(drawer).getByText("2.4 s in all, $0.00042")).toBeInTheDocument();
    expect(
      within(drawer).getByText(/Cached: run 13 got this answer.*this run paid nothing/),
    ).toBeInTheDocument();
    expect(within(drawer).getByText("http://127.0.0.1:11434")).toBeInTheDocument();
  });

  it.each([
    [3, "Why it cannot be judged"],
    [4, "The case asks nothing of the answer, so there is no verdict, and it counts in no rate."],
    [5, "This cell is asked when a place at the model server is free."],
    [
      6,
      "The model is being asked, or will be as soon as a call is free. The answer appears here when it is there.",
    ],
    [7, "The run was cancelled before this cell was answered."],
    [99, "There is no such cell."],
  ])("cell %i says: %s", async (position, text) => {
    serve(aRun());
    openPage(`${address}?cell=${position}`);
    const drawer = await openDrawer();
    expect(await within(drawer).findByText(text)).toBeInTheDocument();
  });
});

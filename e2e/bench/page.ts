// The page of a run of 20,000 cells: how soon its first rows are there, and how its frames come while it is scrolled.
// Beside each figure stands the same of a page that has nothing to do, because machines are noisy.
import { loadavg } from "node:os";
import type { Browser, Page } from "@playwright/test";
import type { Api } from "../api";
import type { Server } from "../program";
import { expect, test } from "../test";
import { type Frames, framesOf, LIMIT_MS, late, median, quantile, worst } from "./frames";
import { GESTURES, type Gesture, WATCH } from "./gestures";

const CARD = "many-cells";
const CASES = 5_000;
const REPEATS = 2;
const MODELS = ["llama3.2:latest", "qwen3:8b"];
const CELLS = CASES * REPEATS * MODELS.length;
const ROUNDS = 3;
const FIRST_ROWS_MS = 300;
/** Beside the page, what the machine itself does: as long, and nothing to draw. */
const EMPTY = `<!doctype html><style>body{margin:0}.matrix{height:700px;overflow:auto}p{height:440000px;margin:0}</style>
  <div class="matrix" tabindex="0"><p>empty</p></div>`;

test.use({ launchOptions: async ({ launchOptions }, use) => use({ ...launchOptions, ignoreDefaultArgs: ["--hide-scrollbars"] }) });

test("20,000 cells in the page", async ({ browser, api, ollama, server }) => {
  test.setTimeout(1_200_000);
  await card(api);
  const finished = await begin(api);
  await api.finished(finished);
  const [load = 0] = loadavg();
  console.log(`\n${CELLS.toLocaleString("en")} cells, ${ROUNDS} rounds, times in ms, load ${load.toFixed(1)}\n`);
  await firstRows("finished", browser, server, finished);
  for (const gesture of GESTURES) await scroll("finished", gesture, browser, server, finished);

  // Some 300 events a second, for about a minute.
  await ollama.control({ latency_ms: 12 });
  const run = await begin(api);
  await firstRows("live", browser, server, run);
  await api.post(`runs/${run}/cancel`);
  for (const gesture of [WATCH, ...GESTURES]) {
    const live = await begin(api);
    await scroll("live", gesture, browser, server, live);
    expect((await api.run(live)).counts.open, "the run was live to the end").toBeGreaterThan(0);
    await api.post(`runs/${live}/cancel`);
  }
});

async function card(api: Api): Promise<void> {
  const cases = Array.from({ length: CASES }, (_, index) => ({
    description: `Question ${index + 1}`,
    variables: {
      question: `Janet's ${index + 2} ducks lay ${index % 17} eggs a day. She eats three for breakfast and sells the rest
 at the market for two dollars an egg. How much does she make a day?`,
    },
    expected_output: `${index}`,
    assertions: [
      { type: "length", value: { min: index % 3 === 0 ? 400 : 1 } },
      { type: "icontains", value: "a" },
    ],
  }));
  const { suite_id } = await api.card(CARD, "{{ question }}", []);
  for (let from = 0; from < CASES; from += 1_000) {
    await api.post(`suites/${suite_id}/cases/import`, { items: cases.slice(from, from + 1_000) });
  }
}

/** Starts a run; it has all its cells when this returns. */
async function begin(api: Api): Promise<string> {
  const run = await api.start(
    CARD,
    MODELS.map((model) => `ollama/${model}`),
    { repeats: REPEATS },
  );
  expect(run.cell_count).toBe(CELLS);
  return run.id;
}

/** Marks the moment at which the rows in sight are there and painted. */
function tellFirstRows(): void {
  const observer = new MutationObserver(() => {
    if (!document.querySelector(".matrix a.cell") || document.querySelector(".matrix .skel")) return;
    observer.disconnect();
    // After the frame that shows them.
    requestAnimationFrame(() => setTimeout(() => performance.mark("first rows")));
  });
  observer.observe(document, { childList: true, subtree: true });
}

async function firstRows(state: string, browser: Browser, server: Server, run: string): Promise<void> {
  const times = { "empty cache": [] as number[], reload: [] as number[], "from the list": [] as number[] };
  const empty: number[] = [];
  const work: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    // A context of its own has an empty cache.
    const context = await browser.newContext({ baseURL: server.address });
    await server.signIn(context);
    const page = await context.newPage();
    const debugged = await context.newCDPSession(page);
    await debugged.send("Performance.enable", { timeDomain: "threadTicks" });
    await page.addInitScript(tellFirstRows);
    await page.goto(`/runs/${run}`);
    times["empty cache"].push(await mark(page, "first rows"));
    const { metrics } = await debugged.send("Performance.getMetrics");
    work.push(1_000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN));
    await page.reload();
    times.reload.push(await mark(page, "first rows"));

    await page.goto("/runs");
    const link = page.locator(`a[href="/runs/${run}"]`).first();
    await link.waitFor();
    const clicked = await link.evaluate((element) => {
      const now = performance.now();
      (element as HTMLElement).click();
      return now;
    });
    times["from the list"].push((await mark(page, "first rows")) - clicked);
    await page.goto("/theme.js");
    empty.push(await mark(page, "first-contentful-paint"));
    await context.close();
  }
  for (const [how, measured] of Object.entries(times)) {
    line(`first rows, ${state}, ${how}`, rounded(measured), median(measured), FIRST_ROWS_MS);
  }
  beside(rounded(empty), median(times["empty cache"]) / median(empty));
  console.log(`${"    processor time to the first rows, empty cache".padEnd(50)}${rounded(work)}`);
}

async function mark(page: Page, name: string): Promise<number> {
  const entry = await page.waitForFunction((name) => performance.getEntriesByName(name)[0]?.startTime, name);
  return Number(await entry.jsonValue());
}

async function scroll(state: string, gesture: Gesture, browser: Browser, server: Server, run: string): Promise<void> {
  const full: Frames[] = [];
  const empty: Frames[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const frames of [empty, full]) {
      const page = await browser.newPage();
      if (frames === empty) await page.setContent(EMPTY);
      else {
        await server.signIn(page.context());
        await page.goto(`${server.address}/runs/${run}`);
        await page.locator(".matrix a.cell").first().waitFor();
      }
      const scroller = page.locator(".matrix");
      frames.push(await framesOf(browser, page, () => gesture.act(page, scroller)));
      await page.close();
    }
  }
  const worstOf = (rounds: Frames[]) => median(rounds.map(worst));
  line(`${state}: ${gesture.name}`, figures(full), worstOf(full), LIMIT_MS);
  beside(figures(empty), worstOf(full) / worstOf(empty));
}

function figures(rounds: Frames[]): string {
  const deltas = rounds.flatMap((round) => round.deltas);
  return [
    `p50 ${quantile(deltas, 0.5).toFixed(0)}`,
    `p95 ${quantile(deltas, 0.95).toFixed(0)}`,
    `worst ${rounded(rounds.map(worst))}`,
    `${late({ deltas })} of ${deltas.length} late`,
    `dearest task ${rounded(rounds.map(({ dearest }) => dearest))} of processor time`,
  ].join("  ");
}

function rounded(values: readonly number[]): string {
  return values.map((value) => value.toFixed(0)).join("/");
}

function beside(measured: string, ratio: number): void {
  console.log(`${"    an empty page".padEnd(50)}${measured}   ratio ${ratio.toFixed(1)}`);
}

function line(what: string, measured: string, figure: number, limit: number): void {
  const verdict = figure <= limit + 1 ? "holds" : "DOES NOT HOLD";
  console.log(`${what.padEnd(50)}${measured}   median ${figure.toFixed(0)}, at most ${limit}: ${verdict}`);
}

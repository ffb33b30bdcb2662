// What the buttons of a run do: to the page, to the run, and to the model server.
import type { Page } from "@playwright/test";
import type { Api } from "../api";
import type { FakeOllama } from "../program";
import { expect, test } from "../test";

const MODEL = "ollama/llama3.2:latest";
const CASES = 60;

async function begin(api: Api, page: Page, cases: number): Promise<string> {
  await api.card(
    "actions",
    "{{ text }}",
    Array.from({ length: cases }, (_, index) => ({
      variables: { text: `Say ${index}` },
      assertions: [{ type: "length", value: { min: 1 } }],
    })),
  );
  const { id } = await api.start("actions", [MODEL]);
  await page.goto(`/runs/${id}`);
  return id;
}

const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name });
const cells = (page: Page, name: RegExp) => page.getByRole("table", { name: "Results" }).getByRole("link", { name });

const AT_ONCE = 4;

/** Begins a run whose first calls, as many as are made at once, hang at the model server until it recovers. */
async function beginHanging(api: Api, page: Page, ollama: FakeOllama): Promise<string> {
  await ollama.control({ fault: "hang_before" });
  const id = await begin(api, page, CASES);
  await expect.poll(() => ollama.counters()).toMatchObject({ in_flight: AT_ONCE });
  return id;
}

test("pauses after the calls that are under way, asks nothing more, and goes on where it stopped", async ({
  page,
  api,
  ollama,
}) => {
  const id = await beginHanging(api, page, ollama);
  await expect(cells(page, /^In progress/).first()).toBeVisible();
  await button(page, "Pause").click();
  await expect(page.getByText("Waits until it is resumed")).toBeVisible();
  await expect(button(page, "Pause")).toHaveCount(0);
  await expect(cells(page, /^Waiting\s*Paused/).first()).toBeVisible();

  await ollama.control({ recover: true });
  const progress = page.locator(".lanes .total .r");
  await expect(progress).toHaveText(`${AT_ONCE} of ${CASES}`);
  await expect(cells(page, /^Pass/)).toHaveCount(AT_ONCE);
  // An answer takes no time now: whatever was still asked would be there after a reload.
  await page.reload();
  await expect(progress).toHaveText(`${AT_ONCE} of ${CASES}`);
  expect((await ollama.counters()).calls).toBe(AT_ONCE);

  await button(page, "Resume").click();
  await expect(page.getByText("Finished", { exact: true })).toBeVisible();
  await expect(progress).toHaveText(`${CASES} of ${CASES}`);
  await expect(cells(page, /^(Waiting|In progress)/)).toHaveCount(0);
  await expect(button(page, /^(Pause|Resume|Cancel)$/)).toHaveCount(0);
  expect((await api.run(id)).counts).toMatchObject({ pass: CASES, open: 0, cancelled: 0 });
  // No case was asked twice.
  expect((await ollama.counters()).calls).toBe(CASES);
});

test("is cancelled after a question, keeps what has finished, and asks nothing more", async ({
  page,
  api,
  ollama,
}) => {
  const id = await beginHanging(api, page, ollama);
  // The calls that hang are answered; the next ones would take longer than this test.
  await ollama.control({ recover: true, latency_ms: 120_000 });
  await expect(cells(page, /^Pass/)).toHaveCount(AT_ONCE);
  await expect.poll(() => ollama.counters()).toMatchObject({ calls: 2 * AT_ONCE });

  await button(page, "Cancel").click();
  const dialog = page.getByRole("dialog", { name: /^Cancel run \d+\?$/ });
  await expect(dialog).toContainText(`${CASES - AT_ONCE} cells stay without an answer. What has finished is kept.`);
  await dialog.getByRole("button", { name: "Go on" }).click();
  await expect(dialog).toBeHidden();
  expect((await api.run(id)).state).toBe("running");

  await button(page, "Cancel").click();
  await dialog.getByRole("button", { name: /^Cancel run \d+$/ }).click();
  await expect(page.getByText(/^Stopped after/)).toBeVisible();
  await expect(cells(page, /^Cancelled/).first()).toBeVisible();
  await expect(cells(page, /^(Waiting|In progress)/)).toHaveCount(0);
  await expect(cells(page, /^Pass/)).toHaveCount(AT_ONCE);
  await expect(button(page, /^(Pause|Resume|Cancel)$/)).toHaveCount(0);

  const counts = { pass: AT_ONCE, cancelled: CASES - AT_ONCE, open: 0 };
  expect((await api.run(id)).counts).toMatchObject(counts);
  await page.reload();
  await expect(page.locator(".lanes .total .r")).toHaveText(`${AT_ONCE} of ${CASES}`);
  // What was under way was hung up on, and nothing else was asked.
  await expect.poll(() => ollama.counters()).toMatchObject({ calls: 2 * AT_ONCE, in_flight: 0 });
});

test("the errors of a run are asked again, and nothing else", async ({ page, api, ollama }) => {
  const lost = 5;
  const all = 12;
  await ollama.control({ fault: { status: { code: 400 } }, fail_next: lost });
  const id = await begin(api, page, all);
  await expect(page.getByText("Finished", { exact: true })).toBeVisible();
  await expect(cells(page, /^Error/)).toHaveCount(lost);
  await expect(cells(page, /^Pass/)).toHaveCount(all - lost);
  const { calls } = await ollama.counters();

  await button(page, `Retry ${lost} errors`).click();
  await expect(cells(page, /^Pass/)).toHaveCount(all);
  await expect(page.getByText("Finished", { exact: true })).toBeVisible();
  await expect(button(page, /^Retry/)).toHaveCount(0);
  await expect(cells(page, /^(Error|Waiting|In progress)/)).toHaveCount(0);
  expect((await api.run(id)).counts).toMatchObject({ pass: all, error: 0 });
  expect((await ollama.counters()).calls).toBe(calls + lost);
});

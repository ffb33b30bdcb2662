// A model server fails: its run waits and says so, an admin stops all calls and lets them pass, and the run finishes.
import type { Page } from "@playwright/test";
import { ADMIN } from "../admin";
import type { Api } from "../api";
import type { FakeOllama } from "../program";
import { settled, violations } from "../axe";
import { expect, test } from "../test";

const CASES = 24;
const AT_ONCE = 4;
const OPEN_MS = 2_000;
/** Everything that is asked of the server fails, its probe, too. */
const DOWN = { fault: { status: { code: 503 } }, fault_on: "everything" };

test.use({
  settings: `
    [[providers]]
    name = "ollama"
    kind = "ollama"
    attempts = 1
    breaker = { failures = 3, open_ms = ${OPEN_MS} }

    [[providers]]
    name = "simulated"
    kind = "simulated"
  `,
});

/** Begins a run; once its first calls are under way its model server fails. */
async function beginAndFail(api: Api, ollama: FakeOllama, models: string[]): Promise<string> {
  const cases = Array.from({ length: CASES }, (_, index) => ({
    variables: { text: `Say ${index}` },
    assertions: [{ type: "length", value: { min: 1 } }],
  }));
  await api.card("waits", "{{ text }}", cases);
  await ollama.control({ fault: "hang_before" });
  const { id } = await api.start("waits", models);
  await expect.poll(async () => (await ollama.counters()).in_flight).toBeGreaterThan(0);
  await ollama.control(DOWN);
  return id;
}

const banner = (page: Page) => page.getByRole("region", { name: "What this run waits for" });
const row = (page: Page) => page.getByRole("row", { name: /^ollama/ });
const heading = (page: Page, name: string | RegExp) => page.getByRole("heading", { level: 1, name });

test("a run waits for its model server, is seen to, and finishes by itself", async ({ page, api, ollama, context, watch, server }) => {
  const id = await beginAndFail(api, ollama, ["ollama/llama3.2:latest"]);
  await page.goto(`/runs/${id}`);
  await expect(banner(page)).toContainText("This run waits for ollama since");
  await expect(banner(page)).toContainText("503");
  await expect(banner(page)).toContainText(/Next try in \d s|any moment|being tried/);
  await expect(page.getByText("Waits for ollama", { exact: true })).toHaveCount(2);
  await expect(page.getByText("Waiting", { exact: true }).first()).toBeVisible();
  await settled(page);
  expect(await violations(page)).toEqual([]);

  // Another tab, which shares the stream of the first.
  const second = await context.newPage();
  await watch.page(second, server.address);
  await second.goto(`/runs/${id}`);
  await expect(banner(second)).toBeVisible();

  await banner(page).getByRole("link", { name: "Health" }).click();
  await expect(heading(page, /^One of \d dependencies is down$/)).toBeVisible();
  await expect(row(page)).toContainText("Does not work");
  await expect(row(page).locator(".breaker [aria-current]")).toHaveText(/^(Open|Half-open)/);
  await expect(row(page)).toContainText("One run waits for it");
  await expect(page.getByText(/The breaker is open\./).first()).toBeVisible();
  await expect(page.getByText(/^1 gap, /)).toBeVisible();
  await settled(page);
  expect(await violations(page)).toEqual([]);

  // Stopped by hand, it is not tried, though it would answer.
  await row(page).getByRole("button", { name: "Stop calls to ollama" }).click();
  const dialog = page.getByRole("dialog", { name: "Stop calls to ollama?" });
  await dialog.getByRole("textbox", { name: "Why" }).fill("The machine gets a new fan.");
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Stop calls" }).click();
  await expect(heading(page, /^One of \d dependencies is stopped$/)).toBeVisible();
  await expect(row(page)).toContainText("stopped by an admin");
  await expect(row(page)).toContainText("The machine gets a new fan.");
  await expect(banner(second)).toContainText("The machine gets a new fan.");
  await expect(banner(second)).toContainText("is stopped until an admin lets calls pass");
  await ollama.control({ recover: true });
  const { calls } = await ollama.counters();
  await expect.poll(async () => (await api.run(id)).counts.open, { intervals: [OPEN_MS, OPEN_MS] }).toBeGreaterThan(0);
  expect((await ollama.counters()).calls).toBe(calls);

  await row(page).getByRole("button", { name: "Let calls pass" }).click();
  await expect(heading(page, "Everything works")).toBeVisible();
  await expect(banner(second)).toHaveCount(0);
  await expect(second.getByText("Finished", { exact: true })).toBeVisible();
  const run = await api.finished(id);
  expect(run.counts.open).toBe(0);
  // With one try each, the calls that opened the breaker are errors; what waited is none.
  expect(run.counts.pass + run.counts.error).toBe(CASES);
  expect(run.counts.error).toBeLessThanOrEqual(AT_ONCE + 2);
});

test("the end of a wait is noticed by itself, and one model does not hold up the other", async ({ page, api, ollama }) => {
  const id = await beginAndFail(api, ollama, ["ollama/llama3.2:latest", "simulated/simulated-small"]);
  await page.goto(`/runs/${id}`);
  await expect(banner(page)).toBeVisible();
  await expect(page.getByText(`${CASES} of ${CASES}`)).toBeVisible();
  await expect(page.getByText("Waits for ollama", { exact: true })).toHaveCount(2);
  await ollama.control({ recover: true });
  await expect(page.getByText("Finished", { exact: true })).toBeVisible();
  await expect(banner(page)).toHaveCount(0);
});

test("stopping calls is taken back by Undo, and the audit log has both", async ({ page }) => {
  await page.goto("/health");
  await expect(heading(page, "Everything works")).toBeVisible();
  await row(page).getByRole("button", { name: "Stop calls to ollama" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Stop calls" }).click();
  await expect(heading(page, /is stopped$/)).toBeVisible();
  await page.getByRole("button", { name: /^Undo/ }).click();
  await expect(heading(page, "Everything works")).toBeVisible();
  await page.goto("/audit");
  await expect(page.getByRole("row").filter({ hasText: ADMIN.name }).filter({ hasText: /breaker/ })).toHaveCount(2);
});

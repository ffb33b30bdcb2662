// A server that dies in mid-run, while a page watches it.
import { expect, test } from "../test";

const CASES = 120;

test.use({ ollamaArgs: ["--latency-ms", "200"] });

test("the page says that the server is gone, catches up when it is back, and nothing is lost or doubled", async ({
  page,
  server,
  api,
  watch,
}) => {
  // What the browser itself writes of requests that nobody answers.
  watch.expectError(/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_EMPTY_RESPONSE/);
  const cases = Array.from({ length: CASES }, (_, index) => ({
    variables: { text: `Say ${index}` },
    assertions: [{ type: "length", value: { min: 1 } }],
  }));
  await api.card("killed", "{{ text }}", cases);
  const { id } = await api.start("killed", ["ollama/llama3.2:latest"]);
  await page.goto(`/runs/${id}`);
  const table = page.getByRole("table", { name: "Results" });
  await expect(table.getByRole("link", { name: /^Pass/ }).first()).toBeVisible();

  await server.kill();
  const banner = page.getByText("The server does not answer.");
  await expect(banner).toBeVisible();
  await expect(table.getByRole("link", { name: /^Pass/ }).first()).toBeVisible();
  await server.restart();

  await expect(banner).toBeHidden({ timeout: 15_000 });
  await expect(page.getByText("Finished", { exact: true })).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText(`${CASES} of ${CASES}`, { exact: true }).first()).toBeVisible();
  await expect(table.getByText(`${CASES} of ${CASES} pass`)).toBeVisible();
  await expect(table.getByRole("link", { name: /^(Waiting|In progress)/ })).toHaveCount(0);

  const run = await api.run(id);
  expect(run.counts).toEqual({ open: 0, cancelled: 0, pass: CASES, fail: 0, error: 0, invalid: 0, unjudged: 0 });
  // What the page shows by its stream is what a reload shows.
  await page.reload();
  await expect(table.getByText(`${CASES} of ${CASES} pass`)).toBeVisible();
});

test("two tabs watch one run over one stream, and the second goes on when the first is closed", async ({
  page,
  context,
  api,
  server,
  watch,
}) => {
  const streams: string[] = [];
  const second = await context.newPage();
  await watch.page(second, server.address);
  for (const [name, tab] of Object.entries({ first: page, second })) {
    tab.on("request", (request) => {
      if (request.url().includes("/events")) streams.push(name);
    });
  }
  const cases = Array.from({ length: 80 }, (_, index) => ({
    variables: { text: `Say ${index}` },
    assertions: [{ type: "length", value: { min: 1 } }],
  }));
  await api.card("shared", "{{ text }}", cases);
  const { id } = await api.start("shared", ["ollama/llama3.2:latest"]);
  await page.goto(`/runs/${id}`);
  await expect(page.getByRole("link", { name: /^Pass/ }).first()).toBeVisible();
  await second.goto(`/runs/${id}`);
  await expect(second.getByRole("link", { name: /^Pass/ }).first()).toBeVisible();
  const counter = second.locator(".lanes .total .r");
  const before = await counter.textContent();
  await expect(counter).not.toHaveText(before ?? "");
  expect(streams).toEqual(["first"]);

  await page.close();
  await expect(second.getByText("Finished", { exact: true })).toBeVisible({ timeout: 30_000 });
  await expect(second.getByRole("table").getByText("80 of 80 pass")).toBeVisible();
  expect(streams).toEqual(["first", "second"]);
});

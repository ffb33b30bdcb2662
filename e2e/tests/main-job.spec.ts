// From an empty folder to the reason of a failure, as a stranger does it, in under a minute.
import { expect, test } from "../test";

test("load samples, run a card on the simulated model, and read why a cell failed", async ({ page }) => {
  const began = performance.now();
  await page.goto("/");
  await page.getByRole("button", { name: "Load sample cards" }).first().click();
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: /^Cards/ }).click();
  await page.getByRole("link", { name: "Arithmetic word problem" }).click();
  await page.getByRole("link", { name: "Run cases" }).click();

  // A model that was found is chosen already; this run asks the built-in one instead.
  await page.getByRole("group", { name: "ollama" }).getByRole("checkbox", { name: /llama3.2/ }).uncheck();
  await page.getByRole("group", { name: "simulated" }).getByRole("checkbox").first().check();
  await page.getByRole("button", { name: "Start run" }).click();

  await expect(page.getByRole("heading", { name: /^Run \d+$/ })).toBeVisible();
  await expect(page.locator(".run__title").getByText("simulated")).toBeVisible();
  await expect(page.getByText("Finished", { exact: true })).toBeVisible();
  const failed = page.getByRole("table", { name: "Results" }).getByRole("link", { name: /^Fail/ });
  await expect(page.getByRole("link", { name: /^Pass/ }).first()).toBeVisible();
  await expect(failed.first()).toBeVisible();

  await failed.first().click();
  const drawer = page.getByRole("complementary");
  await expect(drawer.getByRole("heading", { name: "Why it failed" })).toBeVisible();
  await expect(drawer.locator(".why__said").first()).not.toBeEmpty();
  await expect(page).toHaveURL(/cell=\d+/);
  expect(performance.now() - began).toBeLessThan(60_000);
});

test.describe("on a model server", () => {
  test.use({ ollamaArgs: ["--latency-ms", "150"] });

  test("squares turn green and red while the run is watched", async ({ page, api }) => {
    const cases = Array.from({ length: 24 }, (_, index) => ({
      variables: { text: `Say ${index}` },
      assertions: [{ type: index % 2 === 0 ? "length" : "equals", value: index % 2 === 0 ? { min: 1 } : "never" }],
    }));
    await api.card("live", "{{ text }}", cases);
    await page.goto("/cards/live");
    await page.getByRole("link", { name: "Run cases" }).click();
    const ollama = page.getByRole("group", { name: "ollama" });
    await expect(ollama.getByRole("checkbox", { name: /llama3.2/ })).toBeChecked();
    await page.getByRole("button", { name: "Start run" }).click();

    const table = page.getByRole("table", { name: "Results" });
    await expect(table.getByRole("link", { name: /^(Waiting|In progress)/ }).first()).toBeVisible();
    // Some have a verdict while others wait: nobody reloaded anything.
    await expect(table.getByRole("link", { name: /^Pass/ }).first()).toBeVisible();
    await expect(table.getByRole("link", { name: /^Fail/ }).first()).toBeVisible();
    await expect(page.getByText("Running", { exact: true }).first()).toBeVisible();
    await expect(page.getByText("Finished", { exact: true })).toBeVisible();
    await expect(page.getByText("24 of 24").first()).toBeVisible();
    await expect(table.getByText("12 of 24 pass")).toBeVisible();
    await expect(page.locator(".run__title").getByText("simulated")).toHaveCount(0);

    await table.getByRole("link", { name: /^Fail/ }).first().click();
    await expect(page.getByRole("heading", { name: "Why it failed" })).toBeVisible();
    await expect(page.getByRole("heading", { name: "Calls" })).toBeVisible();
  });
});

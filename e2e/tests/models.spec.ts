// Models of Ollama come and go from the page, and a server that cannot be reached is looked into.
import { expect, test } from "../test";

/** A pull takes as long as the test wants. */
const LONG = 600_000;

test("a model is pulled, seen by every page, cancelled, and pulled again", async ({ page, ollama, context, watch, server }) => {
  await ollama.control({ pull_ms: LONG });
  await page.goto("/models");
  const section = page.getByRole("region", { name: "ollama", exact: true });
  await section.getByLabel("Pull a model").fill("no-such-model");
  await section.getByRole("button", { name: "Pull", exact: true }).click();
  await expect(section.getByText(/The registry has no such model/)).toBeVisible();
  await section.getByRole("button", { name: "Dismiss the pull of no-such-model" }).click();

  await section.getByLabel("Pull a model").fill("llama3.2:1b");
  await page.keyboard.press("Enter");
  const cancel = section.getByRole("button", { name: "Cancel the pull of llama3.2:1b" });
  await expect(cancel).toBeVisible();
  await expect(section.getByText(/^0 B of .* MB$/)).toBeVisible();
  await expect(section.getByLabel("Pull a model")).toHaveValue("");
  await page.reload();
  await expect(cancel).toBeVisible();
  const other = await context.newPage();
  await watch.page(other, server.address);
  await other.goto("/models");
  await expect(other.getByRole("button", { name: "Cancel the pull of llama3.2:1b" })).toBeVisible();

  await cancel.click();
  await expect(section.getByText(/^Cancelled\. What came is kept/)).toBeVisible();
  await expect(other.getByText(/^Cancelled\. What came is kept/)).toBeVisible();
  await ollama.control({ pull_ms: 0 });
  await section.getByRole("button", { name: "Pull again" }).click();
  await expect(section.getByRole("row", { name: /^llama3\.2:1b/ })).toBeVisible();
  await expect(cancel).toHaveCount(0);
  await expect(section.getByRole("button", { name: "Pull again" })).toHaveCount(0);
});

test("a pull that ends with its server says so", async ({ page, ollama, server, watch }) => {
  watch.expectError(/Failed to load resource: net::ERR_/);
  await ollama.control({ pull_ms: LONG });
  await page.goto("/models");
  await page.getByLabel("Pull a model").fill("llama3.2:1b");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Cancel the pull of llama3.2:1b" })).toBeVisible();
  await server.kill();
  await server.restart();
  await expect(page.getByText(/Promptcards was started again, and the pull ended with it/)).toBeVisible();
  await expect(page.getByRole("button", { name: "Pull again" })).toBeVisible();
});

test("a model is deleted after a question", async ({ page }) => {
  await page.goto("/models");
  await page.getByRole("button", { name: "Delete qwen3:8b" }).click();
  const question = page.getByRole("dialog", { name: "Delete qwen3:8b?" });
  await expect(question).toContainText(/It takes [\d.]+ GB on the disk of ollama/);
  await question.getByRole("button", { name: "Leave it" }).click();
  await expect(page.getByRole("row", { name: /^qwen3:8b/ })).toBeVisible();
  await page.getByRole("button", { name: "Delete qwen3:8b" }).click();
  await question.getByRole("button", { name: "Delete qwen3:8b" }).click();
  await expect(page.getByText(/^qwen3:8b was deleted, [\d.]+ GB/).first()).toBeVisible();
  await expect(page.getByRole("row", { name: /^qwen3:8b/ })).toHaveCount(0);
});

test("a model that has gone missing is pulled from the form of a run", async ({ page, api }) => {
  await api.card("echo", "echo: hi", [{ variables: {} }]);
  await page.goto("/runs/new?card=echo");
  await page.getByRole("checkbox", { name: /^qwen3:8b/ }).check();
  await page.getByRole("button", { name: "Start run" }).click();
  await page.waitForURL(/\/runs\/[0-9a-f-]+$/);
  const run = page.url().split("/").at(-1) ?? "";
  await api.finished(run);
  const providers = await api.get<{ items: { id: string }[] }>("providers");
  await api.remove(`providers/${providers.items[0]?.id}/models/qwen3:8b`);
  await page.goto("/runs/new?card=echo");
  await expect(page.getByText("not found on ollama any more")).toBeVisible();
  await page.getByRole("button", { name: "Pull qwen3:8b" }).click();
  await expect(page.getByText("not found on ollama any more")).toHaveCount(0);
  await expect(page.getByRole("checkbox", { name: /^qwen3:8b/ })).toBeChecked();
});

test("a server that does not answer is looked into", async ({ page, ollama }) => {
  await page.goto("/models?diagnose=ollama");
  const diagnosis = page.getByRole("region", { name: "Diagnosis of ollama" });
  await expect(diagnosis.getByRole("status")).toContainText("Ollama");
  await ollama.stop();
  await diagnosis.getByRole("button", { name: "Again" }).click();
  await expect(diagnosis.getByRole("status")).toContainText("refuses the connection");
  await expect(diagnosis.getByRole("list", { name: "What was tried" })).toContainText("/v1");
  await diagnosis.getByRole("button", { name: "Close the diagnosis" }).click();
  await expect(diagnosis).toHaveCount(0);
  await page.goto("/health");
  await page.getByRole("link", { name: "Diagnose" }).click();
  await expect(diagnosis.getByRole("status")).toContainText("refuses the connection");
});

// What a model says is text, whatever it says.
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "../test";

const OUTPUT = [
  "<img src=x onerror=alert(1)><script>alert(2)</script>",
  "![tracker](https://tracker.example/pixel.png)",
  "[a link](https://evil.example/) and [another](javascript:alert(3))",
  "<svg onload=alert(4)><style>body{display:none}</style>",
  '<a href="https://evil.example" style="position:fixed;inset:0">cover</a>',
].join("\n\n");

const file = join(tmpdir(), `promptcards-hostile-${process.pid}.jsonl`);

writeFileSync(file, JSON.stringify({ model: "llama3.2:latest", prompt: "Attack", response: OUTPUT }));
test.afterAll(() => rmSync(file, { force: true }));
test.use({ ollamaArgs: ["--model", "llama3.2:latest", "--recorded", file] });

test("a hostile output is shown as text, loads nothing and leads nowhere", async ({ page, api }) => {
  await api.card("hostile", "{{ text }}", [
    {
      variables: { text: "Attack" },
      description: "<img src=x onerror=alert(5)>",
      assertions: [{ type: "contains", value: "<b>never</b>" }],
    },
  ]);
  const { id } = await api.start("hostile", ["ollama/llama3.2:latest"]);
  await api.finished(id);
  await page.goto(`/runs/${id}?cell=0`);
  const drawer = page.getByRole("complementary");
  await expect(drawer.getByText("<img src=x onerror=alert(1)>")).toBeVisible();
  await expect(page.getByRole("rowheader")).toContainText("<img src=x onerror=alert(5)>");

  await drawer.getByRole("button", { name: "Markdown" }).click();
  await expect(drawer.locator(".md")).toContainText("[picture: tracker, https://tracker.example/pixel.png]");
  await expect(drawer.locator(".md")).toContainText("<script>alert(2)</script>");
  await expect(drawer.locator(".md :is(img, a, svg, script, style, iframe)")).toHaveCount(0);
  // Nothing was laid over the page, and nothing hid it.
  await drawer.getByRole("button", { name: "Close" }).click();
  await expect(drawer).toBeHidden();
});

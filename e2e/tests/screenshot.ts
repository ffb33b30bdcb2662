// The picture of the README: the questions of GSM8K, answered by two real models.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "../test";

interface Line {
  question: string;
  answer: string;
  outputs: Record<string, { text: string; correct: boolean }>;
}

const MODELS = { "gpt3-6b-finetuned": 286, "gpt3-175b-finetuned": 458 };
const PICTURE = join(import.meta.dirname, "../../docs/images/run.png");

const folder = process.env.GSM8K_DIR;
if (!folder) throw new Error("Set GSM8K_DIR to the folder that holds recorded.jsonl.");
const lines = readFileSync(join(folder, "recorded.jsonl"), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Line);

test.use({
  ollamaArgs: async ({}, use, testInfo) => {
    const file = testInfo.outputPath("answers.jsonl");
    const answers = lines.flatMap((line) =>
      Object.keys(MODELS).map((model) =>
        JSON.stringify({ model, prompt: line.question, response: line.outputs[model]?.text }),
      ),
    );
    writeFileSync(file, answers.join("\n"));
    const names = Object.keys(MODELS).flatMap((model) => ["--model", model]);
    await use([...names, "--recorded", file, "--latency-ms", "20"]);
  },
  colorScheme: "light",
});

test("run 1,319 questions on two models and take a picture", async ({ page, api }) => {
  test.setTimeout(300_000);
  const cases = lines.map((line) => ({
    variables: { question: line.question },
    expected_output: line.answer,
    assertions: [{ type: "number" }],
  }));
  await api.card("grade-school-math", "{{ question }}", cases);
  const { id } = await api.start(
    "grade-school-math",
    Object.keys(MODELS).map((model) => `ollama/${model}:latest`),
  );
  // In mid-run, with the second question open: the smaller model got it right and the larger one wrong.
  const second = async () => {
    const window = await api.get<{ items: { position: number; column: number; verdict: string | null }[] }>(
      `runs/${id}/cells?row_from=1&row_to=2`,
    );
    return window.items.find((cell) => cell.column === 1);
  };
  await expect.poll(async () => (await second())?.verdict, { timeout: 120_000 }).toBe("fail");
  await page.goto(`/runs/${id}?cell=${(await second())?.position}`);
  await expect(page.getByRole("heading", { name: "Why it failed" })).toBeVisible();
  await expect(page.locator(".skel:visible")).toHaveCount(0);
  await expect(page.getByText(/^About .* left$/)).toBeVisible();
  await page.screenshot({ path: PICTURE });

  const run = await api.finished(id);
  expect(run.columns.map((column) => column.counts.pass)).toEqual(Object.values(MODELS));
});

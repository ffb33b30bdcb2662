// A case is added with an assertion that was tried on a sample first.
import { expect, test } from "../test";

test("add a case whose assertion is tried on an output before it is saved", async ({ page, api }) => {
  const card = await api.card("sums", "What is {{ question }}?", []);
  await page.goto("/cards/sums/cases");
  await page.getByRole("link", { name: "Add a case" }).first().click();
  await page.getByLabel("question").fill("2 + 2");
  await page.getByRole("textbox", { name: "Expected output" }).fill("4");
  await page.getByRole("button", { name: "Add an assertion" }).click();
  const assertion = page.getByRole("group", { name: "Assertion 1" });
  await assertion.getByLabel("Type").selectOption("number");

  await page.getByLabel("Sample output").fill("It is 5.");
  await expect(assertion.getByRole("status")).toContainText("The last number of the output is 5.");
  await expect(page.getByRole("region", { name: "Try" }).getByText("Fail", { exact: true })).toBeVisible();
  await page.getByLabel("Sample output").fill("It is 4.");
  await expect(page.getByRole("region", { name: "Try" }).getByText("Pass", { exact: true })).toBeVisible();

  await page.getByRole("button", { name: "Add case", exact: true }).click();
  await expect(page.getByRole("table").getByText("2 + 2")).toBeVisible();
  const cases = await api.get<{ items: { content: object }[] }>(`suites/${card.suite_id}/cases`);
  expect(cases.items).toHaveLength(1);
  expect(cases.items[0]?.content).toMatchObject({
    variables: { question: "2 + 2" },
    expected_output: "4",
    assertions: [{ type: "number" }],
  });
});

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

test("a set of assertions is made by keyboard, put right where the server says, and tried", async ({ page, api, watch }) => {
  watch.expectError(/422 \(Unprocessable/);
  const card = await api.card("colours", "Name a colour.", [{ variables: {} }]);
  await page.goto("/cards/colours/cases");
  await page.getByRole("link", { name: "Case 1" }).click();
  await page.getByRole("button", { name: "Add an assertion" }).press("Enter");
  const set = page.getByRole("group", { name: "Assertion 1", exact: true });
  await set.getByLabel("Type").selectOption("assert-set");
  await set.getByLabel("Threshold").fill("0.5");
  await set.getByLabel("Weight").fill("2");
  await set.getByLabel("Metric").fill("colour");
  const add = set.getByRole("button", { name: "Add to the set" });
  await add.press("Enter");
  const first = page.getByRole("group", { name: "Assertion 1.1" });
  await expect(first.getByLabel("Type")).toBeFocused();
  await first.getByLabel("Type").selectOption("contains");
  await first.getByLabel("Value").fill("red");
  await add.press("Enter");
  const second = page.getByRole("group", { name: "Assertion 1.2" });
  await second.getByLabel("Type").selectOption("regex");
  await second.getByLabel("Value").fill("bl(ue");
  await second.getByRole("button", { name: "Move assertion 1.2 up" }).press("Enter");
  await expect(first.getByLabel("Value")).toHaveValue("bl(ue");
  await expect(page.getByRole("button", { name: "Move assertion 1.1 up" })).toBeFocused();
  await page.getByRole("button", { name: "Move assertion 1.1 down" }).press("Enter");
  await expect(page.getByRole("button", { name: "Move assertion 1.2 down" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(first.getByLabel("Value")).toHaveValue("bl(ue");

  await page.getByRole("button", { name: "Save case" }).click();
  await expect(first.locator(".field__error")).toBeVisible();
  await expect(second.locator(".field__error")).toHaveCount(0);
  await first.getByLabel("Value").fill("blue");
  await page.getByLabel("Sample output").fill("red");
  await expect(first.getByRole("status")).toContainText("Fail");
  await expect(second.getByRole("status")).toContainText("Pass");
  await expect(set.getByRole("status").last()).toContainText("Pass");

  await page.getByRole("button", { name: "Save case" }).click();
  await expect(page.getByText("Case 1 saved.")).toBeVisible();
  const cases = await api.get<{ items: { content: object }[] }>(`suites/${card.suite_id}/cases`);
  expect(cases.items[0]?.content).toMatchObject({
    assertions: [
      {
        type: "assert-set",
        threshold: 0.5,
        weight: 2,
        metric: "colour",
        assert: [
          { type: "regex", value: "blue" },
          { type: "contains", value: "red" },
        ],
      },
    ],
  });
});

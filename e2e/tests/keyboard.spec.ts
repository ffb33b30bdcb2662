// The run page without a mouse.
import { expect, test } from "../test";

test("walk the matrix, open a cell, go to the next, close it, find, and be back where one was", async ({
  page,
  api,
}) => {
  const cases = Array.from({ length: 300 }, (_, index) => ({
    variables: { text: `Number ${index + 1}` },
    assertions: [{ type: "contains", value: "7" }],
  }));
  await api.card("keys", "{{ text }}", cases);
  const { id } = await api.start("keys", ["simulated/simulated-small", "simulated/simulated-large"]);
  await api.finished(id);
  await page.goto(`/runs/${id}`);
  const cell = (row: number, column: number) =>
    page.locator(`tr[aria-rowindex="${row + 1}"] > td:nth-of-type(${column}) > a`);
  await expect(cell(1, 1)).toBeVisible();

  await page.keyboard.press("j");
  await expect(cell(1, 1)).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(cell(2, 1)).toBeFocused();
  await page.keyboard.press("ArrowRight");
  await expect(cell(2, 2)).toBeFocused();
  // Beyond what is in sight: the row is made when one gets there.
  for (let row = 3; row <= 40; row += 1) {
    await page.keyboard.press("ArrowDown");
    await expect(cell(row, 2)).toBeFocused();
  }
  await expect(cell(40, 2)).toBeInViewport();

  // By the page and to the ends, and back: the focus is on a cell all the while.
  await page.keyboard.press("End");
  await expect(cell(300, 2)).toBeFocused();
  await expect(cell(300, 2)).toBeInViewport();
  await page.keyboard.press("PageUp");
  await expect(cell(300, 2)).not.toBeFocused();
  await page.keyboard.press("PageDown");
  await expect(cell(300, 2)).toBeFocused();
  await page.keyboard.press("Home");
  await expect(cell(1, 2)).toBeFocused();
  for (let row = 2; row <= 40; row += 1) await page.keyboard.press("ArrowDown");
  await expect(cell(40, 2)).toBeFocused();

  await page.keyboard.press("Enter");
  const drawer = page.getByRole("complementary");
  await expect(drawer).toBeFocused();
  await expect(drawer.getByRole("heading", { level: 2 })).toContainText("Case 40");
  await page.keyboard.press("j");
  await expect(drawer.getByRole("heading", { level: 2 })).toContainText("Case 41");
  await page.keyboard.press("k");
  await expect(drawer.getByRole("heading", { level: 2 })).toContainText("Case 40");
  await page.keyboard.press("Escape");
  await expect(drawer).toBeHidden();
  await expect(cell(40, 2)).toBeFocused();

  await page.keyboard.press("/");
  await page.keyboard.type("Number 123");
  await expect(page.getByRole("rowheader")).toHaveCount(1);
  await expect(page).toHaveURL(/search=Number/);
  await page.keyboard.press("Escape");
  await expect(page.getByRole("rowheader").first()).toContainText("Number 1");
});

test("a disabled filter says why, and the address holds what is shown", async ({ page, api }) => {
  await api.card("filters", "{{ text }}", [
    { variables: { text: "a" }, assertions: [{ type: "length", value: { min: 1 } }] },
    { variables: { text: "b" }, assertions: [{ type: "equals", value: "never" }] },
    { variables: { text: "c" } },
  ]);
  const { id } = await api.start("filters", ["ollama/llama3.2:latest"]);
  await api.finished(id);
  await page.goto(`/runs/${id}`);
  const show = page.getByRole("group", { name: "Show" });
  await expect(show.getByRole("button", { name: /Flaky/ })).toHaveAttribute("aria-disabled", "true");
  await expect(show.getByRole("button", { name: /Flaky/ })).toHaveAccessibleName(/Needs 2 or more repeats/);
  await show.getByRole("button", { name: /Failures/ }).click();
  await expect(page).toHaveURL(/show=fail/);
  await expect(page.getByRole("rowheader")).toHaveCount(1);
  await page.reload();
  await expect(page.getByRole("rowheader")).toHaveCount(1);
  await show.getByRole("button", { name: /No assertion/ }).click();
  await expect(page.getByRole("rowheader")).toContainText("c");
  await expect(page.getByRole("table").getByText("No assertion").first()).toBeVisible();
  await show.getByRole("button", { name: /Errors/ }).click();
  await expect(page.getByText("No error in this run")).toBeVisible();
  await page.getByRole("button", { name: "Show all" }).click();
  await expect(page.getByRole("rowheader")).toHaveCount(3);
});

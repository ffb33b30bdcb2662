// The documentation in the browser: under the policy of the page, with its search, in both themes and on a phone.
import { settled, violations } from "../axe";
import { expect, test } from "../test";

test("it is read without an account, and searched", async ({ page, context }) => {
  await context.clearCookies();
  await page.goto("/docs");
  await expect(page).toHaveURL(/\/docs\/$/);
  await page.getByRole("navigation").getByRole("link", { name: "Concepts" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Concepts");

  const field = page.getByRole("searchbox", { name: "Search the documentation" });
  await page.keyboard.press("/");
  await expect(field).toBeFocused();
  await field.fill("wilson score");
  await page.getByRole("link", { name: "Concepts: Rates" }).click();
  await expect(page).toHaveURL(/\/docs\/concepts\.html#rates$/);
  await expect(page.getByRole("heading", { name: "Rates" })).toBeInViewport();

  await field.fill("zzzz-nothing");
  await expect(page.getByRole("status")).toHaveText("Nothing has “zzzz-nothing” in it.");
  await field.press("Escape");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
});

test("the page leads to it", async ({ page }) => {
  await page.goto("/");
  await settled(page);
  await page.keyboard.press("?");
  const link = page.getByRole("dialog", { name: "Keyboard" }).getByRole("link", { name: "Documentation" });
  await expect(link).toHaveAttribute("href", "/docs/");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+K");
  await page.getByRole("combobox", { name: "Search or jump to" }).fill("docum");
  await page.getByRole("option", { name: "Documentation" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Promptcards");
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe has nothing to say, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 844 });
      for (const address of ["/docs/", "/docs/guides/api.html", "/docs/reference/api/runs.html"]) {
        await page.goto(address);
        expect(await violations(page), `${address}, ${width} px`).toEqual([]);
        const wider = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
        expect(wider, `${address} scrolls sideways`).toBe(false);
      }
    }
  });
}

test("the page does what Getting started says of it", async ({ page, api }) => {
  await page.goto("/cards?new=true");
  const dialog = page.getByRole("dialog", { name: "New card" });
  await dialog.getByLabel("Title").fill("A greeting");
  await expect(dialog.getByLabel("Name in addresses")).toHaveValue("a-greeting");
  await dialog.getByRole("button", { name: "Create card" }).click();
  const editor = page.getByRole("textbox", { name: "Prompt" });
  await editor.click();
  await page.keyboard.insertText("Write a greeting for {{ name }}. Name the place: {{ city }}.");
  await page.getByRole("button", { name: /^Review and save/ }).click();
  const review = page.getByRole("dialog", { name: "Review and save v1" });
  await review.getByRole("textbox").fill("First version");
  await review.getByRole("button", { name: "Save v1" }).click();
  await expect(review).toBeHidden();

  await page.getByRole("link", { name: /^Cases/ }).click();
  for (const [name, city] of [
    ["Ada", "Paris"],
    ["Grace", "London"],
  ] as const) {
    await page.getByRole("link", { name: "Add a case" }).first().click();
    await page.getByRole("complementary").getByLabel(/^name/).fill(name);
    await page.getByLabel("city").fill(city);
    await page.getByRole("button", { name: "Add an assertion" }).click();
    const first = page.getByRole("group", { name: "Assertion 1" });
    await first.getByLabel("Type").selectOption("contains");
    await first.getByLabel("Value").fill("{{ name }}");
    if (name === "Grace") {
      await page.getByRole("button", { name: "Add an assertion" }).click();
      const second = page.getByRole("group", { name: "Assertion 2" });
      await second.getByLabel("Type").selectOption("length");
      await second.getByRole("textbox", { name: "max" }).fill("127");
      await second.getByLabel("unit").selectOption("characters");
    }
    await page.getByRole("button", { name: "Add case", exact: true }).click();
    await expect(page.getByRole("table").getByText(city)).toBeVisible();
  }

  await page.getByRole("link", { name: "Run cases" }).click();
  await page
    .getByRole("group", { name: "ollama" })
    .getByRole("checkbox", { name: /llama3.2/ })
    .uncheck();
  for (const model of ["simulated-small", "simulated-large"]) {
    await page.getByRole("group", { name: "simulated" }).getByRole("checkbox", { name: model }).check();
  }
  await page.getByRole("button", { name: "Start run" }).click();
  const table = page.getByRole("table", { name: "Results" });
  await expect(table.getByRole("link", { name: /^Pass/ })).toHaveCount(3);
  await table.getByRole("link", { name: /^Fail/ }).click();
  await expect(
    page
      .getByRole("complementary")
      .getByText(/has 130 characters. Expected at most 127/)
      .first(),
  ).toBeVisible();

  await page.goto("/cards/a-greeting/versions");
  const label = page.getByRole("listitem").filter({ hasText: "production" });
  await label.getByRole("button", { name: "Put here" }).click();
  const labels = async () => (await api.get<{ labels: object[] }>("cards/a-greeting")).labels;
  await expect.poll(labels).toMatchObject([{ name: "production", version: 1 }]);
});

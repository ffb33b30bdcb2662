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

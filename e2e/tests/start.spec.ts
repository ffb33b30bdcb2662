// What an empty cache costs: each thing is asked for once, and before the start script has run.
import { expect, test } from "../test";

test("a run is asked for while the script of the page still comes", async ({ page, api }) => {
  await api.card("ahead", "{{ text }}", [{ variables: { text: "one" } }]);
  const { id } = await api.start("ahead", ["simulated/simulated-small"]);
  await api.finished(id);
  await page.goto(`/runs/${id}`);
  await expect(page.getByRole("row")).toHaveCount(2);

  const asked = await page.evaluate(() =>
    (performance.getEntriesByType("resource") as PerformanceResourceTiming[]).map(({ name, initiatorType }) => ({
      path: name.replace(window.location.origin, ""),
      by: initiatorType,
    })),
  );
  const run = `/api/v1/workspaces/default/runs/${id}`;
  for (const path of [run, `${run}/cells?row_from=0&row_to=30`, `${run}/cases?from=0&to=30`]) {
    expect(asked.filter((entry) => entry.path === path)).toEqual([{ path, by: "link" }]);
  }
  for (const file of [/^\/assets\/RunPage-.*\.js$/, /^\/assets\/shared-.*\.css$/, /^\/assets\/shared-.*\.js$/]) {
    expect(asked.filter(({ path }) => file.test(path))).toHaveLength(1);
  }
  expect(asked.filter(({ path }) => path.startsWith("/assets/kit-"))).toEqual([]);
});

test("a menu that is opened at once opens, and gives the focus back", async ({ page }) => {
  await page.goto("/cards");
  const theme = page.getByRole("button", { name: "Theme" });
  await theme.focus();
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("menuitemradio", { name: "Like the system" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("menu")).toHaveCount(0);
  await expect(theme).toBeFocused();
});

test("a menu opens plainly while its code does not come, and as it is once it has", async ({ page, watch }) => {
  watch.expectError(/ERR_FAILED/);
  let refused = 0;
  await page.route(/\/assets\/kit-/, (route) => {
    if (refused > 0) return route.continue();
    refused += 1;
    return route.abort();
  });
  await page.goto("/cards");
  await page.getByRole("button", { name: "Theme" }).click();
  await page.getByRole("button", { name: "Dark" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  expect(refused).toBe(1);
  await page.getByRole("button", { name: "Theme" }).click();
  await page.getByRole("menuitemradio", { name: "Light" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
});

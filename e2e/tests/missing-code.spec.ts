// The server is another build by now: the code that the page has not fetched yet is not there any more.
import type { Page } from "@playwright/test";
import { expect, test } from "../test";

/** From now on the files of the page are those of another build; `back` ends it. */
async function anotherBuild(page: Page, files = /\/assets\/.*\.(js|css)$/): Promise<() => Promise<void>> {
  await page.route(files, (route) => route.fulfill({ status: 404 }));
  return () => page.unroute(files);
}

test("says so, works on without menus, dialogs and editor, and reloads", async ({ page, api, watch }) => {
  watch.expectError(/404 \(Not Found\)/);
  watch.expectError(/preload/);
  await api.card("greet", "Hello.", []);
  const back = await anotherBuild(page, /\/assets\/(kit|TemplateEditor|Palette)-/);
  await page.goto("/cards/greet");
  const editor = page.getByRole("textbox", { name: "Prompt" });
  await editor.fill("Hello, {{ name }}.");
  await expect(page.getByText("A part of this page did not come.")).toBeVisible();
  await expect.poll(async () => JSON.stringify(await api.get("cards/greet/draft"))).toContain("Hello, {{ name }}.");

  await page.getByRole("button", { name: "Theme" }).click();
  await page.getByRole("dialog", { name: "Theme" }).getByRole("button", { name: "Dark" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.keyboard.press("Control+k");
  await expect(editor).toHaveValue("Hello, {{ name }}.");
  await page.goto("/cards?new=true");
  const dialog = page.getByRole("dialog", { name: "New card" });
  await expect(dialog).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);

  await page.goto("/cards/greet");
  await expect(page.getByText("A part of this page did not come.")).toBeVisible();
  await back();
  await page.getByRole("button", { name: "Reload" }).click();
  await expect(page.locator(".cm-editor")).toBeVisible();
  await expect(page.getByText("A part of this page did not come.")).toHaveCount(0);
});

test("a page whose code is gone says so in its place, and the others stay", async ({ page, watch }) => {
  watch.expectError(/404 \(Not Found\)/);
  watch.expectError(/preload|A part of this page did not come/);
  await page.goto("/cards");
  await expect(page.getByRole("heading", { name: "Cards", exact: true })).toBeVisible();
  const back = await anotherBuild(page);
  await page.getByRole("link", { name: "Models" }).click();
  const said = page.getByRole("alert").getByText("Nothing that was saved is lost.");
  await expect(said).toBeVisible();
  await expect(page).toHaveURL(/\/models$/);
  await page.getByRole("link", { name: /^Cards/ }).first().click();
  await expect(page.getByRole("heading", { name: "Cards", exact: true })).toBeVisible();
  await page.getByRole("link", { name: "Models" }).click();
  await expect(said).toBeVisible();
  await back();
  await page.getByRole("alert").getByRole("button", { name: "Reload" }).click();
  await expect(page.getByRole("heading", { name: "Models", exact: true })).toBeVisible();
});

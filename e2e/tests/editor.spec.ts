// A card is edited: the draft keeps itself, a problem names its line, a version is saved, nobody overwrites another.
import type { Page } from "@playwright/test";
import { expect, test } from "../test";

const editor = (page: Page) => page.getByRole("textbox", { name: "Prompt" });

async function append(page: Page, text: string): Promise<void> {
  await editor(page).click();
  await page.keyboard.press("ControlOrMeta+End");
  await page.keyboard.insertText(text);
}

test("a draft keeps itself, a problem names its line, and a version is saved", async ({ page, api }) => {
  await api.card("letters", "Write a letter to {{ name }}.", [{ variables: { name: "Ada" } }]);
  await page.goto("/cards/letters");
  await append(page, "\nSign as {{ names }}.");
  await expect(page.getByText(/Line 2: .*names.* is not defined/)).toBeVisible();
  await expect(page.getByText(/^Draft kept/)).toBeVisible();

  await page.reload();
  await expect(editor(page)).toContainText("Sign as {{ names }}.");
  await page.getByRole("button", { name: /^Use name/ }).click();
  await expect(page.getByText(/is not defined/)).toHaveCount(0);

  await page.getByRole("button", { name: /^Review and save v2/ }).click();
  const dialog = page.getByRole("dialog", { name: "Review and save v2" });
  await expect(dialog.getByText("Sign as {{ name }}.")).toBeVisible();
  await dialog.getByRole("textbox").fill("Sign it");
  await dialog.getByRole("button", { name: "Save v2" }).click();
  await expect(dialog).toBeHidden();
  const versions = await api.get<{ items: { number: number; message: string }[] }>("cards/letters/versions");
  expect(versions.items[0]).toMatchObject({ number: 2, message: "Sign it" });
});

test("of two editors at once the second is told, and loses nothing", async ({
  page,
  context,
  server,
  api,
  watch,
}) => {
  // The browser writes of the refusal that this test is about.
  watch.expectError(/status of 412/);
  await api.card("shared", "Say {{ text }}.", []);
  const other = await context.newPage();
  await watch.page(other, server.address);
  await page.goto("/cards/shared");
  await other.goto(`${server.address}/cards/shared`);
  await expect(editor(page)).toContainText("Say");
  await expect(editor(other)).toContainText("Say");

  // Both type before either hears of the other: what the second one writes arrives last.
  let release = () => undefined as void;
  const firstKept = new Promise<void>((resolve) => {
    release = resolve;
  });
  await other.route("**/draft", async (route) => {
    if (route.request().method() === "PUT") await firstKept;
    await route.continue();
  });
  await append(other, " Theirs second.");
  await append(page, " Mine first.");
  await expect
    .poll(async () => JSON.stringify(await api.get("cards/shared/draft")))
    .toContain("Mine first.");
  release();
  await expect(other.getByRole("alert").filter({ hasText: "this draft" })).toBeVisible();
  await expect(editor(other)).toContainText("Theirs second.");

  await other.getByRole("button", { name: "See the difference" }).click();
  const difference = other.getByRole("dialog", { name: "Their draft and yours" });
  await expect(difference).toContainText("Mine first.");
  await difference.getByRole("button", { name: "Keep mine" }).click();
  await expect
    .poll(async () => JSON.stringify(await api.get("cards/shared/draft")))
    .toContain("Theirs second.");
  await expect(editor(other)).toContainText("Theirs second.");
});

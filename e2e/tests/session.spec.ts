// A session that ends is no dead end: the person comes back to the same place, with the work still there.
import type { Page } from "@playwright/test";
import { ADMIN } from "../admin";
import { expect, test } from "../test";

/** What the browser itself writes of a request that was refused to somebody who is signed out. */
const SIGNED_OUT = /401 \(Unauthorized\)/;

async function password(page: Page, text: string): Promise<void> {
  const field = page.getByLabel("Password", { exact: true });
  await expect(field).toBeFocused();
  await field.fill(text);
  await page.keyboard.press("Enter");
}

test("what was being saved when the session ended is saved after signing in, without a second try", async ({
  page,
  api,
  server,
  watch,
}) => {
  watch.expectError(SIGNED_OUT);
  const card = await api.card("kept", "What is {{ question }}?", []);
  await page.goto("/cards/kept/cases?case=new");
  await page.getByLabel("question").fill("2 + 2");
  await page.getByRole("textbox", { name: "Expected output" }).fill("4");
  await server.endSessions();
  await page.getByRole("button", { name: "Add case", exact: true }).click();

  const dialog = page.getByRole("dialog", { name: "Sign in again" });
  await expect(dialog.getByLabel("Name or e-mail")).toHaveValue(ADMIN.name);
  await password(page, "ten walruses play the cello");
  await expect(dialog.getByText("Name, password or code is wrong.")).toBeVisible();
  await password(page, ADMIN.password);
  await expect(dialog).toBeHidden();

  await expect(page.getByRole("table").getByText("2 + 2")).toBeVisible();
  expect(new URL(page.url()).pathname).toBe("/cards/kept/cases");
  const cases = await api.get<{ items: { content: object }[] }>(`suites/${card.suite_id}/cases`);
  expect(cases.items.map(({ content }) => content)).toEqual([
    expect.objectContaining({ variables: { question: "2 + 2" }, expected_output: "4" }),
  ]);
});

test("who puts off signing in reads on, keeps what was typed, and saves it later", async ({
  page,
  api,
  server,
  watch,
}) => {
  watch.expectError(SIGNED_OUT);
  await api.card("kept", "What is {{ question }}?", []);
  await page.goto("/cards/kept");
  const template = page.getByRole("textbox", { name: "Prompt" });
  await expect(template).toContainText("What is");
  await server.endSessions();
  await template.click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type(" Answer in one word.");
  const dialog = page.getByRole("dialog", { name: "Sign in again" });
  await expect(dialog).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(page.getByText("You are signed out.", { exact: true })).toBeVisible();
  await expect(template).toContainText("Answer in one word.");

  await page.getByRole("button", { name: "Sign in" }).click();
  await password(page, ADMIN.password);
  await expect(page.getByText("You are signed out.", { exact: true })).toBeHidden();
  await expect(template).toContainText("Answer in one word.");
  await expect
    .poll(async () => JSON.stringify(await api.get("cards/kept/draft")))
    .toContain("What is {{ question }}? Answer in one word.");
});

test("an address that was given to somebody opens after they have signed in", async ({ page, api, context, watch }) => {
  watch.expectError(SIGNED_OUT);
  await api.card("shared", "{{ text }}", [{ variables: { text: "one" } }]);
  const { id } = await api.start("shared", ["simulated/simulated-small"]);
  await api.finished(id);
  await context.clearCookies();
  await page.goto(`/runs/${id}?cell=0`);
  await page.getByLabel("Name or e-mail").fill(ADMIN.name);
  await page.getByLabel("Password", { exact: true }).fill(ADMIN.password);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("complementary").getByRole("heading", { level: 2 })).toContainText("Case 1");
  expect(page.url()).toContain(`/runs/${id}?cell=0`);
});

test("signing out in one tab asks in the other, and somebody else does not find the work of the first", async ({
  page,
  context,
  server,
  watch,
}) => {
  watch.expectError(SIGNED_OUT);
  const second = await context.newPage();
  await watch.page(second, server.address);
  await page.goto("/cards?new=true");
  await page.getByRole("textbox", { name: "Title" }).fill("Half a card");
  await second.goto("/");
  await second.getByRole("button", { name: /account of ada/ }).click();
  await second.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(second.getByRole("heading", { name: /^Sign in to/ })).toBeVisible();
  await expect(page.getByRole("dialog", { name: "Sign in again" })).toBeVisible();
  await password(page, ADMIN.password);
  await expect(page.getByRole("textbox", { name: "Title" })).toHaveValue("Half a card");
  // The other tab has heard of it, too.
  await expect(second.getByRole("heading", { level: 1, name: /Sign in/ })).toBeHidden();
});

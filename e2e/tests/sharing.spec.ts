// A run and a card are shared by a link that anybody opens, and with a guest; then that is taken back.
import { Admin } from "../admin";
import { settled, violations } from "../axe";
import { expect, test } from "../test";

const HOSTILE = '<img src=x onerror="document.title=1">';

test("a link is opened without an account, reads one thing, and ends when it is revoked", async ({
  page,
  api,
  browser,
  server,
  watch,
}) => {
  test.setTimeout(120_000);
  watch.expectError(/status of 40[14]/);
  await api.card("greeting", "Greet {{ name }}", [{ description: HOSTILE, variables: { name: HOSTILE } }]);
  const run = await api.start("greeting", ["simulated/simulated-small", "ollama/llama3.2:latest"]);
  await api.finished(run.id);

  await page.goto(`/runs/${run.id}`);
  await page.getByRole("button", { name: "Share", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Share run 1" });
  await dialog.getByRole("button", { name: "Share", exact: true }).click();
  const link = await dialog.getByLabel("Link", { exact: true }).inputValue();
  expect(link).toMatch(/\/shared#[\w-]{43}$/);
  await settled(page);
  expect(await violations(page)).toEqual([]);

  const context = await browser.newContext({ colorScheme: "dark", viewport: { width: 390, height: 844 } });
  const reader = await context.newPage();
  await watch.page(reader, server.address);
  const sent: string[] = [];
  reader.on("request", (request) => sent.push(request.url()));
  await reader.goto(link);
  await expect(reader.getByRole("heading", { name: "Run 1" })).toBeVisible();
  await expect(reader).toHaveURL(/\/shared$/);
  expect(sent.filter((url) => url.includes(link.split("#")[1] ?? ""))).toEqual([]);
  await expect(reader.getByRole("navigation", { name: "Main" })).toHaveCount(0);
  await expect(reader.getByRole("button", { name: /Share|Delete|Keep|Retry/ })).toHaveCount(0);
  await settled(reader);
  expect(await violations(reader)).toEqual([]);
  // By the keyboard into a cell and out again.
  await reader.keyboard.press("j");
  await reader.keyboard.press("Enter");
  const cell = reader.getByRole("complementary");
  await expect(cell.getByRole("heading", { name: "Output" })).toBeVisible();
  await expect(cell.getByText(HOSTILE).first()).toBeVisible();
  await settled(reader);
  expect(await violations(reader)).toEqual([]);
  await reader.keyboard.press("Escape");
  await expect(cell).toHaveCount(0);
  expect(await reader.locator("img").count()).toBe(0);

  await dialog.getByRole("button", { name: "Revoke: Whoever has the link" }).click();
  await expect(dialog.getByText("Nobody reads this but")).toBeVisible();
  await reader.goto("about:blank");
  await reader.goto(link);
  await expect(reader.getByRole("heading", { name: "Nothing is shared here" })).toBeVisible();
  await context.close();
});

test("a guest finds a card that was shared with them, and nothing else", async ({ page, api, server, context, watch }) => {
  watch.expectError(/status of 40[134]/);
  const admin = await Admin.signIn(server.address);
  await admin.invite("gina", "eleven walruses play the cello", { role: "guest" });
  await api.card("greeting", "Greet {{ name }}", [{ description: "polite", variables: { name: "Ada" } }]);
  await page.goto("/cards/greeting");
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Share" }).click();
  const dialog = page.getByRole("dialog", { name: "Share greeting" });
  await dialog.getByLabel("Make a link, by which anybody can read it").uncheck();
  await dialog.getByLabel("Accounts").fill("gina");
  await dialog.getByRole("button", { name: "Share", exact: true }).click();
  await expect(dialog.getByText("Shared with gina.")).toBeVisible();

  await context.clearCookies();
  await page.goto("/");
  await page.getByLabel(/^Name/).fill("gina");
  await page.getByLabel("Password", { exact: true }).fill("eleven walruses play the cello");
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "greeting" }).click();
  await expect(page.getByText("Greet {{ name }}")).toBeVisible();
  await page.getByText("polite").click();
  await expect(page.getByRole("region", { name: "Cases" }).getByText("Ada")).toBeVisible();
  await settled(page);
  expect(await violations(page)).toEqual([]);
  await page.goto("/cards/greeting");
  await expect(page.getByRole("heading", { name: "You are in no workspace yet" })).toBeVisible();
});

// Model servers are added on the page, at what an admin lets the server call; whom it called is seen.
import { expect, test } from "../test";

test("an admin lets the server call, adds a provider there, tests it and sees that it was called", async ({ page, ollama, watch }) => {
  watch.expectError(/status of 422/);
  // The same server under another name, which nobody has listed.
  const address = ollama.address.replace("127.0.0.1", "localhost");
  await page.goto("/providers");
  await page.getByRole("button", { name: "Add a provider" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a provider" });
  await dialog.getByLabel("Name").fill("gpu");
  const elsewhere = "http://gpu-box.invalid:8000";
  await dialog.getByLabel("Address").fill(elsewhere);
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await expect(dialog.getByText(/none of the endpoints/)).toBeVisible();
  await dialog.getByRole("link", { name: "Allow another one" }).click();

  await expect(page.getByRole("heading", { name: "Outbound" })).toBeVisible();
  await page.getByLabel("Allow another one").fill("http://169.254.169.254:80");
  await page.keyboard.press("Enter");
  await expect(page.getByText(/is never called/)).toBeVisible();
  await page.getByLabel("Allow another one").fill(elsewhere);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: `Remove ${elsewhere}` })).toBeVisible();

  await page.goto("/providers");
  await page.getByRole("button", { name: "Add a provider" }).click();
  await dialog.getByLabel("Name").fill("gpu");
  await dialog.getByLabel("Address").fill(address);
  await dialog.getByLabel(/Key/).fill("sk-canary-in-the-page");
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  const row = page.getByRole("row", { name: /^gpu/ });
  await expect(row).toContainText("kept");
  expect(await page.content()).not.toContain("sk-canary-in-the-page");
  await row.getByRole("link", { name: "Test gpu" }).click();
  await expect(page.getByRole("region", { name: "Diagnosis of gpu" })).toContainText("answers at");

  await page.goto("/outbound");
  const called = page.getByRole("region", { name: "Was called" });
  await expect(called.getByRole("row", { name: new RegExp(address) })).toBeVisible();
  await expect(called.getByText(elsewhere)).toHaveCount(0);
});

// The pages of people, with people: light at a desk and dark on a phone, axe has nothing to say of them.
import { Admin } from "../admin";
import { settled, violations } from "../axe";
import { expect, test } from "../test";

for (const [colorScheme, width] of [
  ["light", 1440],
  ["dark", 390],
] as const) {
  test(`${colorScheme}, ${width} px`, async ({ page, api, server, watch, context }) => {
    test.setTimeout(120_000);
    const admin = await Admin.signIn(server.address, "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Firefox/140.0");
    const mira = await admin.invite("mira.lind", "eleven walruses play the cello", {
      email: "mira.lind@example.org",
      workspace: "default",
      workspace_role: "editor",
    });
    const jonas = await admin.invite("jonas", "twelve walruses play the cello", { role: "guest" });
    await admin.patch(`users/${jonas}`, { disabled: true });
    await admin.post("workspaces", { slug: "support", name: "Support of all languages" });
    await admin.put(`workspaces/support/members/${mira}`, { role: "owner" });
    await admin.put("workspaces/default/budget", { calls: 5_000, tokens: null, cost_usd: "2.50" });
    await admin.post("account/api-keys", {
      name: "nightly",
      workspace: "support",
      scopes: ["cards:read", "export"],
      budget: { calls: 0, tokens: 2_000_000, cost_usd: "2.50" },
    });
    const gone = await admin.invite("gone.lind", "thirteen walruses play the cello", { role: "user" });
    await admin.remove(`users/${gone}`);
    await api.card("used", "{{ text }}", [{ variables: { text: "one" } }]);
    await api.finished((await api.start("used", ["ollama/llama3.2:latest"])).id);

    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
    const look = async (address: string) => {
      await settled(page);
      expect.soft(await violations(page), address).toEqual([]);
    };
    for (const address of [
      "/account",
      "/account/sessions",
      "/account/api-keys",
      "/account/limits",
      "/members",
      "/budget",
      "/people",
      "/people?invite=true",
      `/people?user=${mira}`,
      `/people?user=${jonas}`,
      `/people?user=${gone}`,
      "/workspaces",
      "/audit",
      "/audit?outcome=refused&after=2020-01-01",
      "/audit?entry=3",
    ]) {
      await page.goto(address);
      await look(address);
    }
    for (const [address, button] of [
      ["/account/api-keys", "Budget of nightly"],
      ["/account/api-keys", "New key"],
      ["/members", "Add a member"],
      [`/people?user=${mira}`, "Erase the person"],
    ] as const) {
      await page.goto(address);
      await page.getByRole("button", { name: button }).press("Enter");
      await expect(page.getByRole("dialog")).toBeVisible();
      await look(button);
      await page.keyboard.press("Escape");
      await expect(page.getByRole("dialog")).toBeHidden();
    }
    // Nobody is signed in, and no link is whole.
    watch.expectError(/40[134] \(/);
    await context.clearCookies();
    for (const address of ["/", "/setup", "/invitation#nothing", "/reset#nothing", "/register"]) {
      await page.goto(address);
      await look(address);
    }
  });
}

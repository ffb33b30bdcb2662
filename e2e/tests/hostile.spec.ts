// What others wrote is text, whatever it says: a model, a colleague, somebody who knocks at the door.
import { writeFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { Admin } from "../admin";
import { PAYLOADS } from "../payloads";
import { expect, test } from "../test";

const MODEL = "llama3.2:latest";

test.use({
  ollamaArgs: async ({}, use, testInfo) => {
    const file = testInfo.outputPath("answers.jsonl");
    // The model says again what it is asked.
    writeFileSync(file, PAYLOADS.map((text) => JSON.stringify({ model: MODEL, prompt: text, response: text })).join("\n"));
    await use(["--model", MODEL, "--recorded", file]);
  },
});

/** Everything in the document that could only have come from a payload. */
function strangers(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const never =
      "iframe, frame, object, embed, applet, portal, base, math, audio, video, track, area, marquee, template, plaintext, xmp, meta[http-equiv], xss, custom-element";
    const found = [...document.querySelectorAll(never)].map(({ outerHTML }) => outerHTML);
    for (const element of document.querySelectorAll("*")) {
      for (const { name, value } of element.attributes) {
        const leads = /^(href|src|srcset|action|formaction|data|poster|background|xlink:href)$/.test(name);
        const abroad = leads && new URL(value, window.location.href).origin !== window.location.origin;
        const draws = name === "style" && /url\(|expression/.test(value);
        if (name.startsWith("on") || abroad || draws) found.push(element.outerHTML);
      }
    }
    return found;
  });
}

test("what a model says is shown as it came and does nothing, plain and as Markdown", async ({ page, api }) => {
  test.setTimeout(240_000);
  expect(PAYLOADS.length).toBeGreaterThanOrEqual(150);
  await api.card(
    "hostile",
    "{{ text }}",
    PAYLOADS.map((text) => ({
      variables: { text },
      description: text,
      tags: [text.slice(0, 50)],
      expected_output: text,
      assertions: [{ type: "contains", value: `${text} is not there` }],
    })),
  );
  const { id } = await api.start("hostile", [`ollama/${MODEL}`]);
  expect((await api.finished(id)).counts.fail).toBe(PAYLOADS.length);
  await page.goto(`/runs/${id}?cell=0`);
  const drawer = page.getByRole("complementary");
  for (const [index, text] of PAYLOADS.entries()) {
    await expect(drawer.getByRole("heading", { level: 2 })).toContainText(new RegExp(`Case ${index + 1}\\b`));
    const output = drawer.locator("section").filter({ has: page.getByRole("heading", { name: "Output" }) });
    expect(await output.locator(".text").first().textContent()).toBe(text);
    await output.getByRole("button", { name: "Markdown" }).click();
    await expect(output.locator(".md")).toBeAttached();
    expect(await strangers(page), text).toEqual([]);
    await expect(output.locator(".md :is(img, a, svg, script, style, form, input, link)")).toHaveCount(0);
    await page.keyboard.press("j");
  }
  await drawer.getByRole("button", { name: "Close" }).click();
  await expect(drawer).toBeHidden();
  // A picture and a link are named, and their addresses can be read.
  await page.goto(`/runs/${id}?cell=${PAYLOADS.findIndex((text) => text.startsWith("![x]("))}`);
  await drawer.getByRole("button", { name: "Markdown" }).click();
  await expect(drawer.locator(".md")).toContainText("[picture: x, https://evil.example/pixel.png]");
});

test("what people and their programs call things does nothing on any page", async ({ page, api, server, watch }) => {
  // What is asked of the audit log with a payload as a filter.
  watch.expectError(/422 \(Unprocessable/);
  test.setTimeout(120_000);
  const line = (text: string) => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim();
  const names = PAYLOADS.map(line);
  const admin = await Admin.signIn(server.address);
  const { id: me } = await admin.get<{ id: string }>("account");
  // In the order of the lists: as many at once as a browser sends.
  for (let from = 0; from < names.length; from += 8) {
    await Promise.all(
      names.slice(from, from + 8).map((title, index) =>
        api.post("cards", {
          slug: `card-${from + index}`,
          title,
          description: title,
          folder: "",
          tags: [title.replaceAll(",", ";").slice(0, 50).trim()],
        }),
      ),
    );
  }
  await api.card("noted", "{{ text }}", [{ variables: { text: "one" } }]);
  const notes = Array.from({ length: 40 }, (_, part) => names.filter((_, at) => at % 40 === part).join(" "));
  for (const note of notes) await api.start("noted", ["simulated/simulated-small"], { note: note.slice(0, 500) });
  for (const name of names.slice(0, 40)) {
    await admin.post("account/api-keys", { name: name.slice(0, 100), workspace: "default", scopes: ["cards:read"] });
  }
  const mira = await admin.invite("mira", "eleven walruses play the cello");
  for (const [index, name] of names.slice(40, 60).entries()) {
    const slug = `team-${index}`;
    await admin.post("workspaces", { slug, name });
    await admin.put(`workspaces/${slug}/members/${mira}`, { role: "owner" });
    await admin.remove(`workspaces/${slug}/members/${me}`);
    await admin.post(`workspaces/${slug}/entry`, { reason: notes[index]?.slice(0, 200) });
  }
  for (const agent of names.filter((name) => /^[ -~]+$/.test(name)).slice(-7)) await Admin.signIn(server.address, agent);

  const pages = [
    "/",
    "/runs",
    "/account/sessions",
    "/account/api-keys",
    "/workspaces",
    "/w/team-0/members",
    "/people",
    "/audit",
    ...names.slice(0, 6).map((text) => `/cards?search=${encodeURIComponent(text)}`),
    ...names.slice(6, 10).map((text) => `/audit?action=${encodeURIComponent(text)}&object=${encodeURIComponent(text)}`),
    // With a dot or a slash it would be a file that is missing.
    ...names.filter((text) => !/[./]/.test(text)).slice(0, 2).map((text) => `/${encodeURIComponent(text)}`),
  ];
  for (const address of pages) {
    await page.goto(address);
    await expect(page.getByRole("heading", { level: 1 })).toBeAttached();
    await expect(page.locator(".skel:visible")).toHaveCount(0);
    expect(await strangers(page), address).toEqual([]);
  }
  await expect(page.getByRole("heading", { name: "There is no page at this address" })).toBeVisible();

  await page.goto("/cards");
  // What is further down is loaded when the end of the list comes into sight.
  const isWhole = () => {
    const more = [...document.querySelectorAll("button")].find((button) => button.textContent?.trim() === "Load more");
    more?.scrollIntoView();
    return !more;
  };
  await expect(page.getByRole("button", { name: "Load more" })).toBeAttached();
  await expect.poll(() => page.evaluate(isWhole)).toBe(true);
  for (const name of names) await expect(page.getByRole("row").filter({ hasText: name }).first()).toBeAttached();
  expect(await strangers(page)).toEqual([]);

  await page.keyboard.press("Control+k");
  await page.keyboard.type("<img");
  await expect(page.getByRole("option").filter({ hasText: "<img" }).first()).toBeVisible();
  expect(await strangers(page)).toEqual([]);
  await page.keyboard.press("Escape");

  await page.goto("/audit");
  const rows = page.getByRole("row").getByRole("link");
  await expect(rows).toHaveCount(50);
  for (const row of (await rows.all()).slice(0, 10)) {
    await row.click();
    await expect(page.getByRole("complementary").getByRole("heading", { level: 2 })).toBeVisible();
    expect(await strangers(page)).toEqual([]);
  }
});

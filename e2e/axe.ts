// Looks at a page as axe does.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, type Page } from "@playwright/test";
import type { AxeResults } from "axe-core";

// Put in by the debugger: the page's own policy would not load it.
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** What axe finds on the page, sentence by sentence. */
export async function violations(page: Page): Promise<string[]> {
  // What is half faded in has half its contrast.
  await still(page);
  if (!(await page.evaluate("typeof axe === 'object'"))) await page.evaluate(AXE);
  const results = await page.evaluate<AxeResults>(
    `axe.run(document, ${JSON.stringify({ runOnly: { type: "tag", values: TAGS } })})`,
  );
  return results.violations.flatMap((violation) =>
    violation.nodes.map((node) => `${violation.id}: ${node.target.join(" ")} ${node.failureSummary ?? ""}`),
  );
}

/** Waits until the page stands still: it has drawn, asked for nothing more, and moves nothing. */
export async function settled(page: Page): Promise<void> {
  await page.waitForLoadState("networkidle");
  await expect(page.locator(".skel:visible")).toHaveCount(0);
  await still(page);
}

/** Waits until nothing moves any more that ever stops. */
async function still(page: Page): Promise<void> {
  await page.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .filter((animation) => animation.effect?.getComputedTiming().iterations !== Number.POSITIVE_INFINITY)
        .map((animation) => animation.finished.catch(() => undefined)),
    ),
  );
}

// What a browser has to read before there is anything to see, in the page as it was built last.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const DIST = join(import.meta.dirname, "../../dist");
/** The start script is React, router, query cache and session; what it has grown by belongs into the chunk of a page. */
const START_BYTES = 383_000;
const RUN_BYTES = 500_000;
/** Parts that no page needs for its first paint. */
const LATE = /^assets\/(kit|Palette|KeyboardHelp|Markdown|TemplateEditor|CellDrawer)-/;

function built(file: string): string {
  try {
    return readFileSync(join(DIST, file), "utf8");
  } catch {
    throw new Error(`There is no web/dist/${file}: run \`make web\` first.`);
  }
}

const index = built("index.html");
const start = [...index.matchAll(/<script type="module"[^>]* src="\/([^"]+)"/g)].map(([, file = ""]) => file);
const pages = JSON.parse(/id="pages"[^>]*>(.*?)<\/script>/.exec(index)?.[1] ?? "[]") as [string, string[]][];

/** A script and all that it cannot run without. */
function withImports(files: string[]): string[] {
  const found = new Set<string>();
  function add(file: string) {
    if (found.has(file)) return;
    found.add(file);
    if (!file.endsWith(".js")) return;
    for (const [, name] of built(file).matchAll(/(?:\bfrom|\bimport)\s*"\.\/([^"]+)"/g))
      add(`assets/${name}`);
  }
  files.forEach(add);
  return [...found];
}

function scriptBytes(files: string[]): number {
  return files.filter((file) => file.endsWith(".js")).reduce((sum, file) => sum + built(file).length, 0);
}

describe("the first read of the page", () => {
  it("is a start script that stays small", () => {
    expect(start).toHaveLength(1);
    expect(scriptBytes(withImports(start))).toBeLessThan(START_BYTES);
  });

  it("is small for a run, too", () => {
    const [, files = []] = pages.find(([address]) => new RegExp(address).test("/runs/1")) ?? [];
    expect(files.some((file) => file.startsWith("assets/RunPage-"))).toBe(true);
    expect(scriptBytes(withImports([...start, ...files]))).toBeLessThan(RUN_BYTES);
  });

  it.each(pages)("of %s has all its files named ahead, and none that can come later", (_, files) => {
    const needed = withImports([...start, ...files]);
    expect(needed.filter((file) => !start.includes(file) && !files.includes(file))).toEqual([]);
    expect(needed.filter((file) => LATE.test(file))).toEqual([]);
  });
});

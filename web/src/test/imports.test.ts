import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const SRC = join(import.meta.dirname, "..");
// What each folder may import, beside itself and packages. A feature is entered by its index only.
const MAY: Record<string, string[]> = {
  lib: [],
  api: [],
  components: ["lib", "api/problem", "api/types"],
  features: ["components", "lib", "api"],
  routes: ["features", "components", "lib", "api"],
};
// Composing the frame around all pages is the shell's one task.
const PURE_INDEX = /^features\/\w+$/;

function sources(): string[] {
  return readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter(
    (file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file) && !file.startsWith("test/"),
  );
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), "utf8");
  return [...text.matchAll(/(?:from|import)\s*\(?\s*"(@\/|\.{1,2}\/)([^"]+)"/g)].map(
    ([, root = "", path = ""]) => (root === "@/" ? path : relative(SRC, join(SRC, file, "..", root, path))),
  );
}

function violation(file: string, imported: string): string | null {
  const [layer = "", feature = ""] = file.split("/");
  const allowed = MAY[layer];
  if (!allowed) return null;
  const [target = "", targetFeature = ""] = imported.split("/");
  if (layer === "features" && target === "features" && targetFeature !== feature) {
    return PURE_INDEX.test(imported) ? null : "a feature imports another one's inside";
  }
  if (target === layer) return null;
  if (allowed.some((start) => imported === start || imported.startsWith(`${start}/`))) return null;
  return `${layer} may not import ${target}`;
}

describe("imports", () => {
  it("go from routes to features to components to lib, and never the other way", () => {
    const violations = sources().flatMap((file) =>
      importsOf(file)
        .map((imported) => ({ imported, why: violation(file, imported) }))
        .filter(({ why }) => why !== null)
        .map(({ imported, why }) => `${file} imports ${imported}: ${why}`),
    );
    expect(violations).toEqual([]);
  });

  it("of the rule's own examples are told apart", () => {
    expect(violation("features/cards/Page.tsx", "features/runs")).toBeNull();
    expect(violation("features/cards/Page.tsx", "features/runs/queries")).not.toBeNull();
    expect(violation("components/Button.tsx", "features/cards")).not.toBeNull();
    expect(violation("components/States.tsx", "api/client")).not.toBeNull();
  });
});

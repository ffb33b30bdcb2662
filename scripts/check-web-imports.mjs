#!/usr/bin/env node
// Who may import whom in web/src: routes → features → components → lib. A feature takes nothing from
// the inside of another, only what its index.ts offers; components and lib fetch nothing.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../web/src", import.meta.url));
const allowed = {
  routes: ["routes", "features", "components", "api", "lib"],
  features: ["features", "components", "api", "lib"],
  components: ["components", "api", "lib"],
  api: ["api", "lib"],
  lib: ["lib"],
};
// What of api/ talks to the server; the rest are types and their wording.
const fetching = /^api\/(?!problem|types)/;
const problems = [];

for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !/\.tsx?$/.test(entry.name)) continue;
  const file = relative(root, join(entry.parentPath, entry.name));
  const [layer, feature] = file.split("/");
  if (!(layer in allowed)) continue;
  const source = readFileSync(join(root, file), "utf8");
  for (const [, specifier] of source.matchAll(/\b(?:from|import)\s*\(?\s*"([^"]+)"/g)) {
    const path = specifier.startsWith("@/")
      ? specifier.slice(2)
      : specifier.startsWith(".")
        ? normalize(join(dirname(file), specifier))
        : null;
    if (path === null) continue;
    const [otherLayer, otherFeature, ...inside] = path.split("/");
    const isTest = /\.test\.tsx?$/.test(file);
    if (otherLayer in allowed && !allowed[layer].includes(otherLayer) && !isTest) {
      problems.push(`${file} imports ${specifier}: ${layer} may import ${allowed[layer].join(", ")}`);
    }
    if (layer === "components" && fetching.test(path) && !isTest) {
      problems.push(`${file} imports ${specifier}: a component fetches nothing`);
    }
    if (layer === "features" && otherLayer === "features" && otherFeature !== feature && inside.length > 0) {
      problems.push(`${file} imports ${specifier}: the inside of another feature`);
    }
  }
}

for (const problem of problems) console.log(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

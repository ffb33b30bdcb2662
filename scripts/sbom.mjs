#!/usr/bin/env node
// Makes a CycloneDX list fit to be given away: `sbom.mjs NAME <from >to`. Takes the paths of this machine out of it,
// sets its time to SOURCE_DATE_EPOCH, and refuses a list that still names a path or a registry that is not the
// public one.
import { readFileSync } from "node:fs";

const [name] = process.argv.slice(2);
const list = JSON.parse(readFileSync(0, "utf8"), (_key, value) =>
  typeof value === "string" ? withoutPath(value) : value,
);

// Equal sources give an equal list: a random number in it would not be.
delete list.serialNumber;
list.metadata.timestamp = new Date(Number(process.env.SOURCE_DATE_EPOCH) * 1000).toISOString();
list.metadata.component.name = name;
list.metadata.component.type = "application";

const strange = new Set();
JSON.stringify(list, (key, value) => {
  if (typeof value !== "string") return value;
  if (/file:|download_url=|repository_url=/.test(value) || /^(\/|[A-Z]:\\)/.test(value)) strange.add(value);
  if (/^registry\+/.test(value) && !value.startsWith("registry+https://github.com/rust-lang/crates.io-index#"))
    strange.add(value);
  return value;
});
for (const { purl, externalReferences = [] } of list.components) {
  if (!/^pkg:(cargo|npm)\/[^?#]+@[^?#]+$/.test(purl)) strange.add(purl);
  for (const { type, url } of externalReferences) {
    if (type === "distribution") strange.add(url);
  }
}
if (strange.size > 0 || list.components.length === 0) {
  console.error([`${name}: not a list to give away:`, ...strange].join("\n  "));
  process.exit(1);
}
process.stdout.write(`${JSON.stringify(list, null, 1)}\n`);

// cargo-cyclonedx names a crate of the workspace by its folder:
// `path+file:///home/me/crates/api#0.1.0`, `pkg:cargo/api@0.1.0?download_url=file://.`.
function withoutPath(text) {
  return text
    .replace(/^path\+file:\/\/[^#]*\/([^/#]+)#(?:([\w-]+)@)?([^\s#]+)/, (_all, folder, crate, version) =>
      `pkg:cargo/${crate ?? folder}@${version}`,
    )
    .replace(/\?download_url=file:[^#]*/, "");
}

#!/usr/bin/env node
// Counts the tests of JUnit reports: `test-summary.mjs FOLDER STAGE…`. Names every test that did not run, and
// every step of the check; the last line is `N passed, N failed, N skipped`. Exits 1 if a test failed or a report
// is missing.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [folder, ...stages] = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };
const notRun = [];

for (const stage of stages) {
  if (stage === "check") {
    const steps = notRunOf(readFileSync(join(folder, "check.txt"), "utf8"));
    console.log(`${stage.padEnd(8)} ${steps.length} steps not run`);
    total.skipped += steps.length;
    notRun.push(...steps);
    continue;
  }
  const file = join(folder, `${stage}.xml`);
  if (!existsSync(file)) {
    console.log(`${stage.padEnd(8)} no test ran`);
    total.failed += 1;
    continue;
  }
  const counts = count(readFileSync(file, "utf8"));
  console.log(
    `${stage.padEnd(8)} ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped.length} not run`,
  );
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped.length;
  notRun.push(...counts.skipped);
}

for (const line of notRun) console.log(`not run: ${line}`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;

function notRunOf(text) {
  return [...new Set(Array.from(text.matchAll(/^not run: (.+)$/gm), (line) => line[1]))];
}

function count(report) {
  const cases = report.match(/<testcase\b[^>]*\/>|<testcase\b[\s\S]*?<\/testcase>/g) ?? [];
  const skipped = [];
  let failed = 0;
  for (const one of cases) {
    // A Rust test that lacks an outside thing passes and says so, because libtest knows no skipping.
    const said = notRunOf(text(one));
    if (/<(failure|error)\b/.test(one)) failed += 1;
    else if (said.length) skipped.push(said[0]);
    else if (/<skipped\b/.test(one)) skipped.push(text(/\bname="([^"]*)"/.exec(one)[1]));
  }
  // A failure outside any test, such as a file that does not load, is counted by the suite alone.
  const outside = [...report.matchAll(/<testsuite\b[^>]*\berrors="(\d+)"/g)].reduce(
    (sum, match) => sum + Number(match[1]),
    0,
  );
  failed = Math.max(failed, outside);
  return { passed: cases.length - skipped.length - failed, failed, skipped };
}

function text(xml) {
  return xml
    .replaceAll("<system-err>", "\n")
    .replaceAll("<system-out>", "\n")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&amp;", "&");
}

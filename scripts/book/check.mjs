#!/usr/bin/env node
// Holds the documentation against the project: links and anchors, commands and their flags, requests and their bodies.
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { anchorsOf } from "./anchors.mjs";
import { complaintOf as commandComplaint, readCommands } from "./commands.mjs";
import { fencesOf, inlineOf } from "./fences.mjs";
import { mismatch, complaintOf as requestComplaint, requestOf } from "./requests.mjs";
import { commandsOf } from "./shell.mjs";

process.chdir(fileURLToPath(new URL("../..", import.meta.url)));
const files = process.argv.slice(2);
const document = JSON.parse(readFileSync("openapi.json", "utf8"));
const known = readCommands(readFileSync("docs/reference/commands.md", "utf8"));
const SHELL = new Set(["sh", "bash", "shell"]);
const complaints = [];

for (const file of files) {
  const text = readFileSync(file, "utf8");
  const say = (line, why) => why && complaints.push(`${file}:${line}: ${why}`);
  for (const { target, line } of linksOf(text)) say(line, linkComplaint(file, target));
  // Generated pages are what the program says itself.
  if (/^docs\/reference\/(api\/|commands\.md$)/.test(file)) continue;
  const variables = new Map();
  for (const fence of fencesOf(text)) {
    if (SHELL.has(fence.language)) {
      for (const words of commandsOf(fence.text, variables)) say(fence.line, shellComplaint(words));
    } else say(fence.line, plainComplaint(fence.text));
    for (const why of schemaComplaints(fence)) say(fence.line, why);
  }
  for (const { text: code, line } of inlineOf(text)) {
    const request = /^(GET|POST|PUT|PATCH|DELETE) (…?\/\S*)$/.exec(code);
    if (request && /^(…|\/api\/v1)\//.test(request[2])) {
      say(line, requestComplaint(document, { method: request[1], path: request[2] }));
    } else if (/^promptcards [a-z]/.test(code)) {
      for (const words of commandsOf(code))
        if (words[0] === "promptcards") say(line, commandComplaint(words, known));
    }
  }
}
if (complaints.length) {
  console.log(complaints.join("\n"));
  process.exitCode = 1;
}

function linksOf(text) {
  const plain = text.replaceAll(/```[\s\S]*?```/g, (block) => block.replaceAll(/[^\n]/g, " "));
  return plain.split("\n").flatMap((line, index) => {
    const code = line.replaceAll(/`[^`]*`/g, (found) => "x".repeat(found.length));
    return Array.from(code.matchAll(/\]\(([^)\s]+)\)/g), ([, target]) => ({ target, line: index + 1 }));
  });
}

function linkComplaint(file, target) {
  if (/^[a-z]+:/.test(target)) return undefined;
  const [path, anchor] = target.split("#");
  const to = path ? normalize(join(dirname(file), decodeURI(path))) : file;
  if (!existsSync(to)) return `${target} leads to nothing`;
  if (!anchor || statSync(to).isDirectory() || !to.endsWith(".md")) return undefined;
  return anchorsOf(to).has(anchor) ? undefined : `${target}: ${to} has no heading ${anchor}`;
}

function shellComplaint(words) {
  const program = words[0].split("/").at(-1);
  if (program === "promptcards") return commandComplaint(words, known);
  if (program === "cargo" && words.includes("promptcards") && words.includes("--") && words[1] === "run") {
    return commandComplaint(["promptcards", ...words.slice(words.indexOf("--") + 1)], known);
  }
  const request = program === "curl" ? requestOf(words) : undefined;
  if (!request) return undefined;
  const { raw } = request;
  if (raw === undefined || raw.startsWith("@") || raw === "$SUBSTITUTION")
    return requestComplaint(document, request);
  // What a variable holds is known when it is run: a text or a number.
  const found = ["x", "1"].map((value) => bodyComplaint(request, raw.replaceAll(/\$\w+/g, value)));
  return found.includes(undefined) ? undefined : found[0];
}

function bodyComplaint(request, raw) {
  try {
    return requestComplaint(document, { ...request, body: JSON.parse(raw) });
  } catch (error) {
    return `the body of ${request.method} ${request.path} is no JSON: ${error.message}`;
  }
}

/** A block marked `schema=TYPE` has one value of that type of the API, or one a line. */
function schemaComplaints({ words, text }) {
  const type = words.find((word) => word.startsWith("schema="))?.slice("schema=".length);
  if (!type) return [];
  const schema = { $ref: `#/components/schemas/${type}` };
  const values = text.startsWith("{\n") || text.includes("\n  ") ? [text] : text.split("\n");
  return values.map((value) => mismatch(document, schema, JSON.parse(value), ""));
}

/** A block that is a request as it goes over the wire: a line, and then a body. */
function plainComplaint(text) {
  const [head, ...rest] = text.split("\n");
  const request = /^(GET|POST|PUT|PATCH|DELETE) (\/api\/v1\/\S+)$/.exec(head);
  if (!request) return undefined;
  const [, method, path] = request;
  const body = rest.join("\n").trim();
  return body ? bodyComplaint({ method, path }, body) : requestComplaint(document, { method, path });
}

#!/usr/bin/env node
// Builds the book: `build.mjs FOLDER`, by default target/docs. Its pages lie there to be looked at, and compressed
// in FOLDER-packed, from where they go into the binary. Exits 1 if a link leads to nothing.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { renderChapter } from "./chapter.mjs";
import { readSummary } from "./summary.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const docs = join(root, "docs");
const out = process.argv[2] ?? join(root, "target/docs");
const packed = `${out}-packed`;
const version = /^version = "(.+)"$/m.exec(readFileSync(join(root, "Cargo.toml"), "utf8"))[1];
/** Files of the repository that are chapters by another name. */
const ELSEWHERE = [...readFileSync(join(docs, "SUMMARY.md"), "utf8").matchAll(/\]\((.+\.md)\)/g)].flatMap(
  ([, file]) => {
    const whole = /^\{\{#include ([^}]+)\}\}\s*$/.exec(readFileSync(join(docs, file), "utf8"));
    return whole ? [[join(dirname(file), whole[1]), file]] : [];
  },
);

rmSync(out, { recursive: true, force: true });
rmSync(packed, { recursive: true, force: true });
const parts = readSummary(join(docs, "SUMMARY.md"));
const list = parts.flatMap(({ chapters }) => chapters);
const chapters = new Map([...list.map(({ file }) => [file, file]), ...ELSEWHERE]);
const problems = [];

list.forEach((chapter, index) => {
  const { html, problems: found } = renderChapter(docs, chapter.file, chapters, place);
  problems.push(...found);
  write(chapter.file.replace(/\.md$/, ".html"), page(chapter, html, list[index - 1], list[index + 1]));
});
const first = list[0].file.replace(/\.md$/, ".html");
if (first !== "index.html") throw new Error("the first chapter is to be index.md");
for (const file of ["book.css", "book.js"]) write(file, readFileSync(new URL(file, import.meta.url)));
write("icon.svg", readFileSync(join(root, "web/public/icon.svg")));

if (problems.length) {
  console.error(problems.join("\n"));
  // What is half right is not up to date: the next `make docs` builds it again.
  rmSync(join(out, "index.html"));
  process.exitCode = 1;
}

/** A file that is no chapter: the document of the API is the server's own, anything else lies beside the book. */
function place(target) {
  const path = relative(root, target);
  if (path === "openapi.json") return "/api/v1/openapi.json";
  const text = [".png", ".svg"].includes(extname(path)) ? "" : ".txt";
  const to = `files/${path.replace(/^docs\//, "")}${text}`;
  mkdirSync(dirname(join(out, to)), { recursive: true });
  copyFileSync(target, join(out, to));
  pack(to, readFileSync(target));
  return to;
}

function write(name, content) {
  mkdirSync(dirname(join(out, name)), { recursive: true });
  writeFileSync(join(out, name), content);
  pack(name, content);
}

function pack(name, content) {
  mkdirSync(dirname(join(packed, name)), { recursive: true });
  writeFileSync(join(packed, name), gzipSync(content, { level: 9 }));
}

function page(chapter, html, before, after) {
  const up = "../".repeat(chapter.file.split("/").length - 1);
  const href = ({ file }) => up + file.replace(/\.md$/, ".html");
  const entry = (each) => {
    const current = each === chapter ? ' aria-current="page"' : "";
    return `<li class="d${each.depth}"><a href="${href(each)}"${current}>${escape(each.title)}</a></li>`;
  };
  const contents = parts.map(({ title, chapters: own }) => {
    const list = `<ul>${own.map(entry).join("")}</ul>`;
    const open = own.includes(chapter) ? " open" : "";
    return title ? `<details${open}><summary>${escape(title)}</summary>${list}</details>` : list;
  });
  const turn = (each, rel, sign) =>
    each
      ? `<a rel="${rel}" href="${href(each)}">${sign.replace("T", escape(each.title))}</a>`
      : "<span></span>";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(chapter.title)} – Promptcards</title>
<link rel="icon" href="${up}icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${up}book.css">
<script src="${up}book.js" defer></script>
</head>
<body>
<a class="skip" href="#content">Skip to the text</a>
<nav aria-label="Contents">
<a class="home" href="${up}index.html">Promptcards <span>${version}</span></a>
<form id="search" role="search" hidden><input type="search" aria-label="Search the documentation" placeholder="Search" autocomplete="off"></form>
${contents.join("\n")}
</nav>
<main id="content">
<div id="results" role="status" hidden></div>
<article>
${html}
</article>
<footer>${turn(before, "prev", "← T")}${turn(after, "next", "T →")}</footer>
</main>
</body>
</html>
`;
}

function escape(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

// A chapter: Markdown in, HTML out, with anchors as GitHub makes them and links that work in the book.
import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, normalize, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { anchorOf } from "./anchors.mjs";

// The page's own packages: the book needs none of its own.
const require = createRequire(new URL("../../web/package.json", import.meta.url));
const load = async (name) => (await import(pathToFileURL(require.resolve(name)).href)).default;
const [{ createElement }, { renderToStaticMarkup }, Markdown, gfm] = await Promise.all(
  ["react", "react-dom/server", "react-markdown", "remark-gfm"].map(load),
);

const INCLUDE = /^\{\{#include ([^}]+)\}\}$/gm;

/**
 * Renders a chapter of the folder `docs`. `chapters` are the files of the book; `place(file)` says where a file lies
 * in the book that is no chapter of it. Answers `{ html, problems }`.
 */
export function renderChapter(docs, file, chapters, place) {
  const problems = [];
  let html = "";
  for (const { text, from } of pieces(docs, file)) {
    const anchors = new Map();
    const options = {
      remarkPlugins: [gfm],
      skipHtml: true,
      rehypePlugins: [() => (tree) => walk(tree, (node) => adjust(node, anchors, link(from)))],
      urlTransform: (url) => url,
      children: text,
    };
    html += renderToStaticMarkup(createElement(Markdown, options));
  }
  return { html, problems };

  function link(from) {
    return (url) => {
      if (/^([a-z]+:|#|\/)/.test(url)) return url;
      const [path, anchor] = url.split("#");
      const target = normalize(join(docs, dirname(from), decodeURI(path)));
      if (!existsSync(target)) {
        problems.push(`${from}: ${url} leads to nothing`);
        return url;
      }
      return at(target) + (anchor ? `#${anchor}` : "");
    };
  }

  function at(target) {
    const inside = relative(docs, target).split(sep).join("/");
    const chapter = chapters.get(inside) ?? (statSync(target).isDirectory() && firstOf(inside));
    const to = chapter ? chapter.replace(/\.md$/, ".html") : place(target);
    return to.startsWith("/") ? to : "../".repeat(file.split("/").length - 1) + to;
  }

  function firstOf(folder) {
    return [...chapters.values()].find((chapter) => chapter.startsWith(`${folder}/`));
  }
}

/** The text of a chapter, with what it includes in its place; `from` is the file whose links a piece has. */
function pieces(docs, file) {
  const text = readFileSync(join(docs, file), "utf8");
  const whole = INCLUDE.exec(text.trim());
  INCLUDE.lastIndex = 0;
  const included = (path) => join(dirname(file), path.trim());
  if (whole && whole[0] === text.trim()) {
    const from = included(whole[1]);
    return [{ text: readFileSync(join(docs, from), "utf8"), from }];
  }
  const filled = text.replace(INCLUDE, (_, path) =>
    readFileSync(join(docs, included(path)), "utf8").trimEnd(),
  );
  return [{ text: filled, from: file }];
}

function walk(node, visit) {
  visit(node);
  for (const child of node.children ?? []) walk(child, visit);
}

/** Headings get their anchor, links their place in the book; what would be an inline style goes. */
function adjust(node, anchors, link) {
  if (node.type !== "element") return;
  const { tagName, properties } = node;
  if (/^h[1-6]$/.test(tagName)) {
    properties.id = anchorOf(textOf(node), anchors);
    if (tagName !== "h1") {
      node.children = [
        { type: "element", tagName: "a", properties: { href: `#${properties.id}` }, children: node.children },
      ];
    }
  } else if (tagName === "a" && properties.href) properties.href = link(properties.href);
  else if (tagName === "img") properties.src = link(properties.src);
  // What scrolls sideways is reached by the keyboard.
  else if (tagName === "pre" || tagName === "table") properties.tabIndex = 0;
  // A head without words is none, and says nothing to a screen reader.
  else if (tagName === "thead" && !textOf(node).trim()) node.children = [];
  else if (tagName === "th" && !textOf(node).trim()) node.tagName = "td";
  delete properties.align;
  delete properties.style;
}

function textOf(node) {
  return node.value ?? (node.children ?? []).map(textOf).join("");
}

// The search of the book. There is no index: the first search reads the pages, and looks through their sections.
// The documentation's policy has Trusted Types, so that nothing here may make elements out of text.
"use strict";

try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is off: the theme follows the system.
}

const form = document.getElementById("search");
const field = form.querySelector("input");
const results = document.getElementById("results");
const article = document.querySelector("article");
const MOST = 30;
let sections;

form.hidden = false;
form.addEventListener("submit", (event) => event.preventDefault());
field.addEventListener("input", () => void search(field.value));
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== field) {
    event.preventDefault();
    field.focus();
  } else if (event.key === "Escape" && document.activeElement === field) {
    field.value = "";
    void search("");
  }
});

async function search(text) {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word.length > 1);
  results.hidden = words.length === 0;
  article.hidden = words.length > 0;
  if (words.length === 0) return;
  if (!sections) {
    say("Reading the pages…");
    sections = readAll();
  }
  const all = (await sections).flat();
  if (field.value !== text) return;
  const found = all
    .map((section) => ({ section, score: scoreOf(section, words) }))
    .filter(({ score }) => score > 0);
  found.sort((left, right) => right.score - left.score);
  if (found.length === 0) say(`Nothing has “${text}” in it.`);
  else results.replaceChildren(...found.slice(0, MOST).map(({ section }) => entry(section, words)));
}

function say(sentence) {
  const line = document.createElement("p");
  line.textContent = sentence;
  results.replaceChildren(line);
}

function readAll() {
  const links = document.querySelectorAll("nav ul a");
  return Promise.all(Array.from(links, (link) => read(link.href, link.textContent)));
}

/** A page cut at its headings; one that does not come is left out. */
function read(address, title) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("GET", address);
    request.responseType = "document";
    request.onload = () => resolve(cut(request.response?.querySelector("article"), address, title));
    request.onerror = () => resolve([]);
    request.send();
  });
}

function cut(article, address, title) {
  const found = [];
  for (const node of article?.children ?? []) {
    if (/^H[1-4]$/.test(node.tagName)) {
      found.push({ address: `${address}#${node.id}`, title, heading: node.textContent, text: "" });
    } else if (found.length) found.at(-1).text += ` ${node.textContent}`;
  }
  return found;
}

/** All words must occur; those of a heading count more. */
function scoreOf({ title, heading, text }, words) {
  const above = `${title} ${heading}`.toLowerCase();
  const body = text.toLowerCase();
  let score = 0;
  for (const word of words) {
    const here = (above.includes(word) ? 20 : 0) + Math.min(10, body.split(word).length - 1);
    if (here === 0) return 0;
    score += here;
  }
  return score;
}

function entry({ address, title, heading, text }, words) {
  const link = document.createElement("a");
  link.href = address;
  link.textContent = heading === title ? title : `${title}: ${heading}`;
  // A result on the page that is open would only move it.
  link.addEventListener("click", () => {
    field.value = "";
    void search("");
  });
  const around = document.createElement("p");
  const at = Math.max(0, text.toLowerCase().indexOf(words[0]) - 60);
  around.textContent = `${at ? "…" : ""}${text.slice(at, at + 180).trim()}…`;
  const one = document.createElement("section");
  one.append(link, around);
  return one;
}

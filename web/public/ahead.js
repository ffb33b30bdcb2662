// Has the browser fetch what the page at this address needs, while the start script still comes: its files, which
// the build has written into index.html, who is signed in, and for a run its first rows.
const [, slug, rest] = /^(?:\/w\/([^/]+))?(\/.*)?$/.exec(window.location.pathname);
const path = rest ?? "/";
function ask(address) {
  const link = document.createElement("link");
  link.rel = "preload";
  link.as = "fetch";
  link.crossOrigin = "";
  link.href = `/api/v1/${address}`;
  document.head.append(link);
}
const pages = JSON.parse(document.getElementById("pages").textContent);
for (const file of pages.find(([address]) => new RegExp(address).test(path))?.[1] ?? []) {
  const link = document.createElement("link");
  link.rel = file.endsWith(".css") ? "preload" : "modulepreload";
  link.as = file.endsWith(".css") ? "style" : "script";
  link.crossOrigin = "";
  link.href = `/${file}`;
  document.head.append(link);
}
// Not by a link: the browser keeps a refusal that a link brought, and gives it again to who asks after signing in.
// The start script may have come first and have asked by itself: it leaves a null.
if (window.sessionAhead === undefined) {
  window.sessionAhead = fetch("/api/v1/session").then(
    async (response) => new Response(await response.text(), response),
  );
  window.sessionAhead.catch(() => undefined);
}
const run = /^\/runs\/([0-9a-f-]{36})$/.exec(path)?.[1];
const { searchParams } = new URL(window.location.href);
if (run && !searchParams.has("show") && !searchParams.has("search")) {
  for (const part of ["", "/cells?row_from=0&row_to=30", "/cases?from=0&to=30"]) {
    ask(`workspaces/${slug ?? "default"}/runs/${run}${part}`);
  }
}

#!/usr/bin/env node
// Builds and starts the server, and does so again when a file that it is made of has changed. Arguments are the
// server's. Written out because nothing that everybody has installed does it: cargo has no watching of its own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, watch } from "node:fs";
import { join } from "node:path";

const MADE_OF = /\.(rs|toml|sql|json|html)$/;
/** An editor that saves ten files is one change. */
const STILL_MS = 200;

let server;
let still;

function start() {
  // Cargo becomes the server that it has built, so that this is the process of both.
  server = spawn("cargo", ["run", "--locked", "-p", "promptcards", "--", ...process.argv.slice(2)], {
    stdio: "inherit",
    // Nobody sends requests here who would have to hear of its end first.
    env: { PROMPTCARDS_SERVER__ACCEPT_AFTER_STOP_MS: "0", ...process.env },
  });
  server.on("exit", (code) => {
    if (code) console.log("The server is not running; it is built again when a file under crates/ changes.");
  });
}

async function restart() {
  if (server.exitCode === null && server.signalCode === null) {
    server.kill("SIGTERM");
    await once(server, "exit");
  }
  start();
}

function changed(name) {
  if (!name || !MADE_OF.test(name)) return;
  clearTimeout(still);
  still = setTimeout(() => void restart(), STILL_MS);
}

/** Folder by folder: Node's own `recursive` loses a file that an editor has put another in the place of. */
function follow(folder) {
  watch(folder, (_, name) => changed(name));
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) follow(join(folder, entry.name));
  }
}

follow("crates");
watch(".", (_, name) => name === "Cargo.toml" && changed(name));
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    server.kill("SIGTERM");
    process.exit();
  });
}
start();

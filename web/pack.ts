// A Vite plugin: each file of the build once more as gzip, in `dist-packed`, from where it goes into the binary.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

export function pack(): Plugin {
  let dist: string;
  return {
    name: "pack",
    apply: "build",
    configResolved(config) {
      dist = join(config.root, config.build.outDir);
    },
    closeBundle(error) {
      if (error) return;
      const packed = `${dist}-packed`;
      rmSync(packed, { recursive: true, force: true });
      for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const file = join(entry.parentPath, entry.name);
        const to = file.replace(dist, packed);
        mkdirSync(dirname(to), { recursive: true });
        writeFileSync(to, gzipSync(readFileSync(file), { level: 9 }));
      }
    },
  };
}

import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { ahead } from "./ahead.ts";
import { pack } from "./pack.ts";

const server = process.env.PROMPTCARDS_SERVER ?? "http://127.0.0.1:3000";

/** What a few pages share stays out of the chunk that every page waits for. */
function byMany(module: string): boolean {
  return !/\/src\/(api\/shared|features\/(account|cards|people|cases\/assertionForm)|components\/(Allowance|BudgetFields|CopyField|budget))\b/.test(
    module,
  );
}

export default defineConfig({
  plugins: [react(), ahead(), pack()],
  resolve: {
    alias: {
      "@": fileURLToPath(new URL("./src", import.meta.url)),
      // Its form for browsers decodes `&amp;` by innerHTML, which the policy of the page forbids.
      "decode-named-character-reference": fileURLToPath(
        new URL("./node_modules/decode-named-character-reference/index.js", import.meta.url),
      ),
      // What React has by itself since version 18.
      "use-sync-external-store/shim/with-selector": "use-sync-external-store/with-selector",
    },
  },
  // The server writes a fresh nonce over this word in every index.html it sends.
  html: { cspNonce: "__CSP_NONCE__" },
  build: {
    target: "es2023",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 600,
    // The first rows wait for each file in turn: what every page needs is one, what several need another.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "start", tags: ["$initial"], priority: 3 },
            { name: "kit", test: /node_modules\/@(base-ui|floating-ui)\//, priority: 2 },
            { name: "shared", test: byMany, minShareCount: 2, maxModuleSize: 20_000, priority: 1 },
            { name: "people", minShareCount: 2, maxModuleSize: 20_000 },
          ],
        },
      },
    },
  },
  server: {
    host: "127.0.0.1",
    proxy: {
      "/docs": server,
      "/api": {
        target: server,
        changeOrigin: true,
        configure(proxy) {
          // The server refuses other origins. Only what this page itself sent is passed off as its own.
          proxy.on("proxyReq", (outgoing, incoming) => {
            if (incoming.headers.origin === `http://${incoming.headers.host}`) {
              outgoing.setHeader("origin", server);
            }
          });
        },
      },
    },
  },
  test: {
    environment: "jsdom",
    setupFiles: ["src/test/setup.ts"],
    restoreMocks: true,
    testTimeout: 30_000,
    coverage: {
      provider: "v8",
      include: ["src/**/*.{ts,tsx}"],
      exclude: ["src/api/schema.d.ts", "src/test/**", "src/main.tsx", "src/**/*.test.{ts,tsx}"],
      reporter: ["text-summary", "json-summary", "lcov"],
    },
  },
});

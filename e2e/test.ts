// The test of every file: a server and a model server of its own, and a page that is watched.
import { test as base, expect, type Page } from "@playwright/test";
import { Api } from "./api";
import { FakeOllama, Server } from "./program";

interface Fixtures {
  /** What the model server is started with. */
  ollamaArgs: string[];
  /** The server's configuration file. */
  settings: string;
  ollama: FakeOllama;
  server: Server;
  api: Api;
  watch: Watch;
}

/** What Chromium says when a page took more than three seconds from its load to its first question: of the machine. */
const SLOW = /was preloaded using link preload but not used within a few seconds/;

/** Fails the test for what a page must never do: break its policy, write an error, ask another host. */
export class Watch {
  readonly #seen: string[] = [];
  readonly #expected: RegExp[] = [];

  /** The browser itself writes of each refused or unanswered request; a test that provokes one names it. */
  expectError(pattern: RegExp): void {
    this.#expected.push(pattern);
  }

  async page(page: Page, origin: string): Promise<void> {
    await page.exposeFunction("reportViolation", (text: string) => this.#seen.push(`policy: ${text}`));
    await page.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        const report = (window as unknown as { reportViolation: (text: string) => void }).reportViolation;
        report(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
      });
    });
    page.on("console", (message) => {
      if ((message.type() === "error" || message.type() === "warning") && !SLOW.test(message.text())) {
        this.#seen.push(`console: ${message.text()}`);
      }
    });
    page.on("pageerror", (error) => this.#seen.push(`uncaught: ${error.message}`));
    page.on("dialog", (dialog) => {
      this.#seen.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.origin !== origin && url.protocol !== "data:" && url.protocol !== "blob:") {
        this.#seen.push(`another host: ${request.url()}`);
      }
    });
  }

  unexpected(): string[] {
    return this.#seen.filter((text) => !this.#expected.some((pattern) => pattern.test(text)));
  }
}

export const test = base.extend<Fixtures>({
  ollamaArgs: [[], { option: true }],
  settings: ["", { option: true }],
  ollama: async ({ ollamaArgs }, use) => {
    const ollama = await FakeOllama.start(...ollamaArgs);
    await use(ollama);
    await ollama.stop();
  },
  server: async ({ ollama, settings }, use) => {
    const server = await Server.start(ollama.address, settings);
    await use(server);
    await server.stop();
  },
  baseURL: async ({ server }, use) => use(server.address),
  api: async ({ server }, use) => use(new Api(server.address, server.key)),
  watch: async ({}, use) => {
    const watch = new Watch();
    await use(watch);
    expect(watch.unexpected()).toEqual([]);
  },
  page: async ({ page, server, watch }, use) => {
    await watch.page(page, server.address);
    await server.signIn(page.context());
    await use(page);
  },
});

export { expect };

import { defineConfig } from "@playwright/test";

// Debian's browser: nothing is downloaded. The flags keep it from asking anybody for anything.
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export default defineConfig({
  testDir: "tests",
  timeout: 60_000,
  expect: { timeout: 10_000 },
  fullyParallel: true,
  workers: 2,
  // A test that has to be run twice is a test that lies.
  retries: 0,
  forbidOnly: true,
  reporter: [["line"]],
  use: {
    browserName: "chromium",
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    actionTimeout: 10_000,
    trace: "off",
    screenshot: "only-on-failure",
    launchOptions: { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS },
  },
  projects: [
    { name: "tests", testMatch: "*.spec.ts" },
    { name: "screenshot", testMatch: "screenshot.ts" },
    { name: "bench", testDir: "bench", testMatch: "page.ts" },
  ],
});

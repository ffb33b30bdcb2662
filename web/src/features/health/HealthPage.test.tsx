import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Health, HealthCheck } from "@/api/types";
import { healthCheck, healthOf } from "@/test/fixtures";
import { openPage } from "@/test/page";
import { on, Refusal } from "@/test/server";

const HEALTH = "/api/v1/health";
const at = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();

type Breaker = NonNullable<HealthCheck["breaker"]>;

const CLOSED: Breaker = {
  state: "closed",
  by_hand: false,
  failures: 0,
  since: null,
  probe_at: null,
  reason: "",
  opened: 0,
  refused: 0,
  changes: [],
};

function gpu(breaker: Partial<Breaker> = {}, over: Partial<HealthCheck> = {}): HealthCheck {
  return healthCheck({
    componentId: "provider-gpu",
    componentType: "component",
    name: "gpu",
    kind: "provider",
    critical: false,
    output: "Version 0.9 answers at http://gpu:11434.",
    observedValue: 41,
    breaker: { ...CLOSED, ...breaker },
    ...over,
  });
}

const disk = healthCheck({ componentId: "disk", name: "Disk", kind: "disk", output: "182 GB are free." });

function down(breaker: Partial<Breaker> = {}): HealthCheck {
  return gpu(
    {
      state: "open",
      failures: 3,
      since: at(-22),
      probe_at: at(38),
      reason: "Connection refused.",
      ...breaker,
    },
    {
      status: "warn",
      output: "It is left alone: Connection refused.",
      since: at(-20),
      cost: "One run waits for it, and goes on by itself.",
      remedy: "Look at the log of the model server.",
      gaps: [{ from: at(-22), to: null }],
    },
  );
}

const PARTS: Health["parts"] = [
  { part: "sign_in", status: "pass", depends_on: ["database"] },
  { part: "runs", status: "warn", depends_on: ["database", "provider-gpu"] },
];

/** The page on a server whose report can be changed. */
function openHealth(check: HealthCheck, over: Partial<Health> = {}) {
  const shown = {
    report: healthOf([healthCheck(), disk, check], { parts: PARTS, started_at: at(-3_600), ...over }),
  };
  const page = openPage("/health");
  on("get", HEALTH, () => ({ body: shown.report }));
  return { ...page, shown };
}

const row = (name: string) => screen.findByRole("row", { name: new RegExp(`^${name}`) });
const current = (one: HTMLElement) => one.querySelector("[aria-current]")?.textContent;

afterEach(() => vi.useRealTimers());

describe("health", () => {
  it("says that everything works, and names every dependency with what was found", async () => {
    openHealth(gpu());
    expect(await screen.findByRole("heading", { level: 1, name: "Everything works" })).toBeVisible();
    expect(await row("Database")).toHaveTextContent(/Works.*The database answers\..*none1 ms.*Nothing/);
    const server = await row("gpu");
    expect(current(server)).toBe("Closed");
    expect(within(server).queryByRole("button", { name: "Try now" })).toBeNull();
    expect(within(server).getByRole("button", { name: "Stop calls to gpu" })).toBeVisible();
    expect(within(await row("Disk")).queryByRole("button")).toBeNull();
    expect(screen.getAllByText("no gap")).toHaveLength(3);
    expect(screen.getByText(/^The server was started today|^The server was started .* ago/)).toBeVisible();
    expect(screen.getByText(/^Nothing has changed in the last 24 hours/)).toBeVisible();
    expect(await screen.findByText("all well")).toBeVisible();
  });

  it("says who is down since when, what waits, and counts down to the next try", async () => {
    openHealth(down());
    expect(
      await screen.findByRole("heading", { level: 1, name: "One of 3 dependencies is down" }),
    ).toBeVisible();
    expect(screen.getByText(/^gpu does not work since/)).toHaveTextContent(
      /^gpu does not work since .*\d\d:\d\d(:\d\d)?\. One run waits for it, and goes on by itself\. Everything else works\.$/,
    );
    // What is not well stands first.
    const [, first] = screen.getAllByRole("row");
    expect(first).toHaveTextContent(/^gpu/);
    expect(current(await row("gpu"))).toMatch(/^Open3[78] s$/);
    await waitFor(async () => expect(current(await row("gpu"))).toMatch(/^Open3[56] s$/), { timeout: 5_000 });
    expect(await row("gpu")).toHaveTextContent("not asked");
    expect(within(await row("gpu")).getByRole("link", { name: "Diagnose" })).toHaveAttribute(
      "href",
      "/models?diagnose=gpu",
    );
    expect(screen.getByText(/^1 gap, 2\d s$/)).toBeVisible();
    expect(screen.getByRole("img", { name: /^What depends on what/ })).toHaveAccessibleName(
      "What depends on what: Sign-in on Database; Runs on Database, gpu (breaker open); Database on Disk",
    );
    expect(screen.getByText("not on gpu")).toBeInTheDocument();
  });

  it("tries a server at once, and keeps its row where it was", async () => {
    const reasons: string[] = [];
    const { user, shown } = openHealth(down());
    on("post", "/api/v1/health/{dependency}/breaker/close", ({ params, body }) => {
      reasons.push(`${params.dependency}: ${body.reason}`);
      shown.report = healthOf([healthCheck(), disk, gpu()]);
      return { body: CLOSED };
    });
    await user.click(await screen.findByRole("button", { name: "Try now" }));
    expect(await screen.findByRole("heading", { level: 1, name: "Everything works" })).toBeVisible();
    expect(reasons).toEqual(["provider-gpu: An admin tried it at once."]);
    expect(screen.getAllByRole("row")[1]).toHaveTextContent(/^gpu.*Works/);
    expect(await screen.findByText("Calls to gpu pass again")).toBeVisible();
  });

  it("has nothing to try while a probe is under way", async () => {
    openHealth(down({ state: "half_open", probe_at: null }));
    const server = await row("gpu");
    expect(current(server)).toBe("Half-open");
    expect(within(server).queryByRole("button", { name: "Try now" })).toBeNull();
  });

  it("stops calls for a reason, and takes that back", async () => {
    const asked: string[] = [];
    const { user, shown } = openHealth(gpu());
    on("post", "/api/v1/health/{dependency}/breaker/open", ({ body }) => {
      asked.push(`open: ${body.reason}`);
      const stopped = down({ by_hand: true, probe_at: null });
      shown.report = healthOf([
        healthCheck(),
        disk,
        { ...stopped, output: `It is left alone: ${body.reason}` },
      ]);
      return { body: { ...CLOSED, state: "open", by_hand: true } };
    });
    on("post", "/api/v1/health/{dependency}/breaker/close", () => {
      asked.push("close");
      shown.report = healthOf([healthCheck(), disk, gpu()]);
      return { body: CLOSED };
    });
    await user.click(await screen.findByRole("button", { name: "Stop calls to gpu" }));
    const dialog = await screen.findByRole("dialog", { name: "Stop calls to gpu?" });
    expect(dialog).toHaveTextContent("Calls that are under way end.");
    await user.type(within(dialog).getByRole("textbox", { name: /^Why/ }), "It gets a new fan.");
    await user.click(within(dialog).getByRole("button", { name: "Stop calls" }));
    expect(
      await screen.findByRole("heading", { level: 1, name: "One of 3 dependencies is stopped" }),
    ).toBeVisible();
    const server = await row("gpu");
    expect(server).toHaveTextContent("stopped by an admin");
    expect(server).toHaveTextContent("It gets a new fan.");
    expect(within(server).queryByRole("button", { name: /^(Try now|Stop calls)/ })).toBeNull();
    expect(within(server).queryByRole("link", { name: "Diagnose" })).toBeNull();
    expect(within(server).getByRole("button", { name: "Let calls pass" })).toBeVisible();
    await user.click(await screen.findByRole("button", { name: /^Undo/ }));
    expect(await screen.findByRole("heading", { level: 1, name: "Everything works" })).toBeVisible();
    expect(asked).toEqual(["open: It gets a new fan.", "close"]);
  });

  it("says of Redis what stopping it costs, and has nothing to diagnose there", async () => {
    const redis = gpu({}, { componentId: "redis", name: "Redis", kind: "redis" });
    const stopped = {
      ...redis,
      status: "warn" as const,
      breaker: { ...CLOSED, state: "open", by_hand: true },
    };
    const { user, shown } = openHealth(redis);
    on("post", "/api/v1/health/{dependency}/breaker/open", () => {
      shown.report = healthOf([healthCheck(), disk, stopped]);
      return { body: stopped.breaker };
    });
    await user.click(await screen.findByRole("button", { name: "Stop calls to Redis" }));
    const dialog = await screen.findByRole("dialog", { name: "Stop calls to Redis?" });
    expect(dialog).toHaveTextContent("keeps answers in its own memory meanwhile.");
    expect(dialog).not.toHaveTextContent("Cells");
    await user.click(within(dialog).getByRole("button", { name: "Stop calls" }));
    const inRow = within(await row("Redis"));
    expect(await inRow.findByRole("button", { name: "Let calls pass" })).toBeVisible();
    expect(inRow.queryByRole("link", { name: "Diagnose" })).toBeNull();
  });

  it("keeps the reason where stopping was refused", async () => {
    const { user } = openHealth(gpu());
    on(
      "post",
      "/api/v1/health/{dependency}/breaker/open",
      () => new Refusal(404, { detail: "It is not here any more." }),
    );
    await user.click(await screen.findByRole("button", { name: "Stop calls to gpu" }));
    const dialog = await screen.findByRole("dialog");
    await user.type(within(dialog).getByRole("textbox"), "A reason");
    await user.click(within(dialog).getByRole("button", { name: "Stop calls" }));
    expect(await within(dialog).findByText("It is not here any more.")).toBeVisible();
    expect(within(dialog).getByRole("textbox")).toHaveValue("A reason");
  });

  it("lists what happened, the latest first, and all of it where that is asked for", async () => {
    const events = Array.from({ length: 12 }, (_, index) => ({
      at: at(-index),
      dependency: index === 0 ? "provider-gone" : "provider-gpu",
      status: index % 2 === 0 ? ("warn" as const) : ("pass" as const),
      detail: `Event ${index}.`,
    }));
    const { user } = openHealth(gpu(), { events });
    expect(await screen.findByText(/Event 0\./)).toHaveTextContent("provider-gone: Event 0.");
    expect(screen.getByText(/Event 1\./)).toHaveTextContent("gpu: Event 1.");
    expect(screen.queryByText(/Event 11\./)).toBeNull();
    await user.click(screen.getByRole("button", { name: "All 12" }));
    expect(screen.getByText(/Event 11\./)).toBeVisible();
  });

  it("copies the report as it came", async () => {
    const { user, shown } = openHealth(down());
    await user.click(await screen.findByRole("button", { name: "Copy report" }));
    expect(JSON.parse(await navigator.clipboard.readText())).toEqual(shown.report);
    expect(await screen.findByText("Report copied")).toBeVisible();
  });

  it("looks again when it is asked", async () => {
    const { user, shown } = openHealth(gpu());
    await row("Disk");
    shown.report = healthOf(
      [
        healthCheck(),
        { ...disk, status: "fail", output: "The disk is full.", remedy: "Free 256 MB." },
        gpu(),
      ],
      { status: "fail" },
    );
    await user.click(screen.getByRole("button", { name: "Check now" }));
    expect(await row("Disk")).toHaveTextContent(/Does not work.*The disk is full\..*Free 256 MB\./);
    expect(await screen.findByText("1 of 3 needs a look")).toBeVisible();
  });

  it("says who may not see it, and what went wrong", async () => {
    openPage("/health");
    on(
      "get",
      HEALTH,
      () => new Refusal(403, { detail: "Only admins of the server may do this.", code: "forbidden" }),
    );
    expect(await screen.findByRole("heading", { name: "You may not see this" })).toBeVisible();
    expect(screen.getByText(/^Only admins of the server may do this\./)).toBeVisible();
    expect(screen.queryByRole("table")).toBeNull();
    expect(screen.queryByRole("button", { name: "Copy report" })).toBeNull();
  });

  it("can be asked again where it failed", async () => {
    const { user } = openPage("/health");
    on("get", HEALTH, () => new Refusal(500, { detail: "The page made a mistake." }));
    expect(await screen.findByText("The page made a mistake.")).toBeVisible();
    on("get", HEALTH, () => ({ body: healthOf([healthCheck()]) }));
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("heading", { level: 1, name: "Everything works" })).toBeVisible();
  });
});

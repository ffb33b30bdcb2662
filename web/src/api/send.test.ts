import { http } from "msw";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { content, session, signedIn } from "@/test/fixtures";
import { healthyServer } from "@/test/page";
import { on, Refusal, server } from "@/test/server";
import { client, read, WORKSPACE } from "./client";
import type { ProblemError } from "./problem";
import { confirmPassword, forgetSession, loadSession, putOff, refuseConfirmation, signIn } from "./session";
import { confirming, sessionState } from "./sessionState";
import { leave } from "./workspace";

const WORKSPACES = "/api/v1/workspaces";

/** What came to the server, by method and path. */
let asked: { what: string; csrf: string | null; body: string }[];

function count(what: string): number {
  return asked.filter((request) => request.what === what).length;
}

/** Lets a request through, or refuses it, before any other handler sees it. */
function guard(refusal: (request: Request) => Refusal | undefined): void {
  server.use(
    http.all("*/api/v1/*", async ({ request }) => {
      const path = new URL(request.url).pathname;
      asked.push({
        what: `${request.method} ${path}`,
        csrf: request.headers.get("x-csrf-token"),
        body: await request.clone().text(),
      });
      return refusal(request)?.response();
    }),
  );
}

const save = () => read(client.POST(WORKSPACES, { body: { slug: "support", name: "Support" } }));
const list = () => read(client.GET(WORKSPACES));
const isSession = (request: Request) => new URL(request.url).pathname.startsWith("/api/v1/session");

beforeEach(async () => {
  asked = [];
  healthyServer();
  on("post", WORKSPACES, ({ body }) => ({
    body: { id: "w", ...body, role: "owner" as const },
    status: 201,
  }));
  on("get", WORKSPACES, () => ({ body: { items: [], next_cursor: null } }));
  forgetSession();
  await loadSession();
});

describe("the token against forgery", () => {
  it("is fetched once and goes with what changes something", async () => {
    guard(() => undefined);
    await save();
    await save();
    await list();
    expect(count("GET /api/v1/session/csrf")).toBe(1);
    expect(asked.filter(({ what }) => what === `POST ${WORKSPACES}`).map(({ csrf }) => csrf)).toEqual([
      "a-token",
      "a-token",
    ]);
    expect(asked.find(({ what }) => what === `GET ${WORKSPACES}`)?.csrf).toBeNull();
  });

  it("is fetched anew when it is refused, and the request is sent again as it was", async () => {
    let token = "old";
    on("get", "/api/v1/session/csrf", () => ({ body: { csrf_token: token } }));
    await save();
    token = "new";
    guard((request) =>
      request.method === "POST" && request.headers.get("x-csrf-token") !== "new"
        ? new Refusal(403, { code: "csrf_failed" })
        : undefined,
    );
    await expect(save()).resolves.toMatchObject({ slug: "support" });
    const posts = asked.filter(({ what }) => what === `POST ${WORKSPACES}`);
    expect(posts.map(({ csrf }) => csrf)).toEqual(["old", "new"]);
    expect(posts[1]?.body).toBe(posts[0]?.body);
  });

  it("that belongs to somebody else by now sends the page home", async () => {
    const left = vi.spyOn(leave, "to").mockImplementation(() => undefined);
    on("get", "/api/v1/session", () => ({ body: session({ user: { ...session().user, id: "another" } }) }));
    guard((request) => (request.method === "POST" ? new Refusal(403, { code: "csrf_failed" }) : undefined));
    void save();
    await vi.waitFor(() => expect(left).toHaveBeenCalledWith("/"));
    expect(count(`POST ${WORKSPACES}`)).toBe(1);
  });
});

describe("an access token that has ended", () => {
  let valid: boolean;
  beforeEach(() => {
    valid = false;
    guard((request) =>
      valid || isSession(request) ? undefined : new Refusal(401, { code: "sign_in_required" }),
    );
  });

  it("is renewed once for all requests that wait", async () => {
    let renewed = 0;
    on("post", "/api/v1/session/refresh", () => {
      renewed += 1;
      valid = true;
      return { body: signedIn(), status: 201 };
    });
    await Promise.all([list(), save(), list(), save()]);
    expect(renewed).toBe(1);
    expect(sessionState.get().status).toBe("in");
  });

  it("is no end of the session when the server has too much to do", async () => {
    on("post", "/api/v1/session/refresh", () => new Refusal(429, { retry_after_s: 30 }));
    const refused = (await list().catch((error: unknown) => error)) as ProblemError;
    expect(refused.problem.status).toBe(429);
    expect(refused.retryAt).toBeGreaterThan(Date.now() + 28_000);
    expect(sessionState.get().status).toBe("in");
  });

  it("that cannot be renewed has the request wait until somebody signs in", async () => {
    const saved = save();
    await vi.waitFor(() => expect(sessionState.get()).toMatchObject({ status: "ended", asking: true }));
    on("post", "/api/v1/session", () => {
      valid = true;
      return { body: signedIn(), status: 201 };
    });
    await signIn({ name: "ada", password: "a long password" });
    await expect(saved).resolves.toMatchObject({ slug: "support" });
    expect(sessionState.get().status).toBe("in");
  });

  it("lets reading go when signing in is put off, and asks again for what changes something", async () => {
    const listed = list().catch((error: ProblemError) => error.problem.status);
    await vi.waitFor(() => expect(sessionState.get()).toMatchObject({ asking: true }));
    putOff();
    expect(await listed).toBe(401);
    expect(await list().catch((error: ProblemError) => error.problem.status)).toBe(401);
    const looked = client.POST("/api/v1/workspaces/{ws}/templates/preview", {
      params: { path: WORKSPACE },
      body: { content: content("{{ text }}") },
    });
    expect((await looked).response.status).toBe(401);
    expect(sessionState.get()).toMatchObject({ asking: false });
    void save().catch(() => undefined);
    await vi.waitFor(() => expect(sessionState.get()).toMatchObject({ asking: true }));
    putOff();
  });
});

/** Locks as browsers have them, shared by the tabs of a test. */
class FakeLocks {
  #held = new Set<string>();
  #waiting: (() => void)[] = [];

  async request<T>(
    name: string,
    ...rest: [() => T] | [{ ifAvailable?: boolean }, (lock: object | null) => T]
  ): Promise<Awaited<T>> {
    const [options, run] = rest.length === 2 ? rest : [{}, rest[0]];
    if (this.#held.has(name) && options.ifAvailable) return await run(null);
    while (this.#held.has(name)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#held.add(name);
    try {
      return await run({ name });
    } finally {
      this.#held.delete(name);
      for (const wake of this.#waiting.splice(0)) wake();
    }
  }
}

async function openTab() {
  vi.resetModules();
  const tab = { ...(await import("./client")), ...(await import("./session")) };
  await tab.startSession();
  return tab;
}

it("two tabs renew once", async () => {
  Object.defineProperty(navigator, "locks", { value: new FakeLocks(), configurable: true });
  try {
    const [one, two] = [await openTab(), await openTab()];
    let valid = false;
    on("post", "/api/v1/session/refresh", () => {
      valid = true;
      return { body: signedIn(), status: 201 };
    });
    guard((request) => (valid || isSession(request) ? undefined : new Refusal(401)));
    await Promise.all([one, two].map((tab) => tab.read(tab.client.GET(WORKSPACES))));
    expect(count("POST /api/v1/session/refresh")).toBe(1);
  } finally {
    Reflect.deleteProperty(navigator, "locks");
  }
});

describe("what needs the password once more", () => {
  let confirmed: boolean;
  let given: string[];
  beforeEach(() => {
    confirmed = false;
    given = [];
    guard((request) =>
      confirmed || isSession(request) ? undefined : new Refusal(403, { code: "confirmation_required" }),
    );
    on("post", "/api/v1/session/confirm", ({ body }) => {
      given.push(body.password);
      if (body.password !== "right") return new Refusal(401, { detail: "The password is wrong." });
      confirmed = true;
      return { body: undefined };
    });
  });

  it("asks once for several requests and sends them again", async () => {
    const both = Promise.all([save(), list()]);
    await vi.waitFor(() => expect(confirming.get()).toBe("asking"));
    await expect(confirmPassword("wrong")).rejects.toThrow("The password is wrong.");
    expect(confirming.get()).toBe("asking");
    await confirmPassword("right");
    const [saved] = await both;
    expect(saved.slug).toBe("support");
    expect(given).toEqual(["wrong", "right"]);
  });

  it("is refused when the question is", async () => {
    const saved = save().catch((error: ProblemError) => error.code);
    await vi.waitFor(() => expect(confirming.get()).toBe("asking"));
    refuseConfirmation();
    expect(await saved).toBe("confirmation_required");
  });
});

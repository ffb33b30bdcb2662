import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { AllowedEndpoint, Provider } from "@/api/types";
import { account, provider, session, viewer } from "@/test/fixtures";
import { openPage } from "@/test/page";
import { on, Refusal } from "@/test/server";

const PROVIDERS = "/api/v1/workspaces/{ws}/providers";
const ENDPOINTS = "/api/v1/outbound/endpoints";

function endpoint(text: string, over: Partial<AllowedEndpoint> = {}): AllowedEndpoint {
  return { id: null, endpoint: text, source: "configuration", added_by: null, added_at: null, ...over };
}

/** A workspace with a configured provider and one that was added, which has a key. */
function providersServer() {
  const gpu = provider({
    id: "g",
    name: "gpu",
    kind: "openai",
    base_url: "http://gpu-box:8000/v1",
    configured: false,
    has_key: true,
    revision: 3,
  });
  const providers = new Map<string, Provider>([provider(), gpu].map((one) => [one.id, one]));
  const keys: string[] = [];
  const put = (id: string, over: Partial<Provider>): Provider => {
    const changed = { ...(providers.get(id) ?? gpu), ...over };
    providers.set(id, changed);
    return changed;
  };
  on("get", PROVIDERS, () => ({ body: { items: [...providers.values()], next_cursor: null } }));
  on("get", "/api/v1/workspaces/{ws}/endpoints", () => ({
    body: { items: [endpoint("http://gpu-box:8000"), endpoint("http://10.0.0.0/8:8000")], next_cursor: null },
  }));
  on("post", PROVIDERS, ({ body }) => {
    if (!body.base_url.startsWith("http://gpu-box:8000")) {
      const detail = `${body.base_url} is none of the endpoints that this server may call.`;
      return new Refusal(422, { code: "invalid", detail, errors: [{ pointer: "/base_url", detail }] });
    }
    if (body.key) keys.push(body.key);
    const { name, kind, base_url } = body;
    return { body: put(name, { id: name, name, kind, base_url, has_key: Boolean(body.key) }), status: 201 };
  });
  on("patch", `${PROVIDERS}/{provider}`, ({ params, body, headers }) => {
    if (headers.get("if-match") !== '"3"') return new Refusal(412, { code: "stale", detail: "Changed." });
    const { base_url } = body;
    return { body: put(params.provider, { base_url: base_url ?? null, has_key: false, revision: 4 }) };
  });
  on("put", `${PROVIDERS}/{provider}/key`, ({ params, body }) => {
    keys.push(body.key);
    return { body: put(params.provider, { has_key: true, revision: 5 }) };
  });
  on("delete", `${PROVIDERS}/{provider}/key`, ({ params }) => ({
    body: put(params.provider, { has_key: false, revision: 4 }),
  }));
  on("delete", `${PROVIDERS}/{provider}`, ({ params }) => {
    providers.delete(params.provider);
    return { body: undefined };
  });
  return { providers, keys };
}

function owner() {
  return session({ user: account({ role: "user" }) });
}

describe("providers", () => {
  it("are added at an endpoint that may be called, with a key that is typed once", async () => {
    const { keys } = providersServer();
    const { user } = openPage("/providers", owner());
    await user.click(await screen.findByRole("button", { name: "Add a provider" }));
    const dialog = await screen.findByRole("dialog", { name: "Add a provider" });
    await user.selectOptions(within(dialog).getByLabelText("It speaks"), "openai");
    await user.type(within(dialog).getByLabelText("Name"), "two");
    await user.type(within(dialog).getByLabelText("Address"), "http://169.254.169.254");
    await user.type(within(dialog).getByLabelText(/Key/), "sk-1");
    await user.click(within(dialog).getByRole("button", { name: "Add" }));
    expect(await within(dialog).findByText(/none of the endpoints/)).toBeVisible();
    expect(within(dialog).getByLabelText(/Key/)).toHaveAttribute("type", "password");
    await user.clear(within(dialog).getByLabelText("Address"));
    await user.type(within(dialog).getByLabelText("Address"), "http://gpu-box:8000/v1");
    await user.click(within(dialog).getByRole("button", { name: "Add" }));
    expect(await screen.findByRole("button", { name: "Change two" })).toBeVisible();
    expect(keys).toEqual(["sk-1"]);
    expect(document.body.textContent).not.toContain("sk-1");
  });

  it("lose their key with the endpoint, and say so before", async () => {
    const { providers, keys } = providersServer();
    const { user } = openPage("/providers", owner());
    await user.click(await screen.findByRole("button", { name: "Change gpu" }));
    const dialog = await screen.findByRole("dialog", { name: "Change gpu" });
    expect(within(dialog).getByText(/It has a key, which stays/)).toBeVisible();
    await user.clear(within(dialog).getByLabelText("Address"));
    await user.type(within(dialog).getByLabelText("Address"), "http://gpu-box:9000/v1");
    expect(within(dialog).getByText(/given for another endpoint, and goes/)).toBeVisible();
    await user.click(within(dialog).getByRole("button", { name: "Save" }));
    await waitFor(() => expect(providers.get("g")?.has_key).toBe(false));
    expect(await screen.findByText("gpu was changed and has no key now")).toBeVisible();
    expect(keys).toEqual([]);
  });

  it("of the configuration cannot be changed here; others are removed after a question", async () => {
    const { providers } = providersServer();
    const { user } = openPage("/providers", owner());
    const test = await screen.findByRole("link", { name: "Test ollama" });
    expect(test).toHaveAttribute("href", "/models?diagnose=ollama");
    expect(screen.queryByRole("button", { name: "Change ollama" })).toBeNull();
    await user.click(screen.getByRole("button", { name: "Remove gpu" }));
    const dialog = await screen.findByRole("dialog", { name: "Remove gpu?" });
    expect(dialog).toHaveTextContent("Its key goes with it.");
    await user.click(within(dialog).getByRole("button", { name: "Remove gpu" }));
    await waitFor(() => expect(providers.has("g")).toBe(false));
  });

  it("are only read by who does not own the workspace", async () => {
    providersServer();
    on("get", "/api/v1/workspaces/{ws}/members", () => ({ body: { items: [], next_cursor: null } }));
    openPage("/providers", viewer());
    expect(await screen.findByText("http://gpu-box:8000/v1")).toBeVisible();
    expect(screen.queryByRole("button", { name: "Add a provider" })).toBeNull();
    expect(screen.queryByRole("link", { name: "Test gpu" })).toBeNull();
  });
});

describe("what the server calls", () => {
  it("is listed, added to and taken from, and who was called is counted", async () => {
    const added = new Map<string, AllowedEndpoint>();
    on("get", ENDPOINTS, () => ({
      body: { items: [endpoint("http://127.0.0.1:11434"), ...added.values()], next_cursor: null },
    }));
    on("post", ENDPOINTS, ({ body }) => {
      if (body.endpoint.includes("169.254")) {
        const detail = `${body.endpoint} is never called.`;
        return new Refusal(422, { code: "invalid", detail, errors: [{ pointer: "/endpoint", detail }] });
      }
      const entry = endpoint(body.endpoint, {
        id: body.endpoint,
        source: "added",
        added_by: "ada",
        added_at: "2026-11-27T08:00:00.000Z",
      });
      added.set(body.endpoint, entry);
      return { body: entry, status: 201 };
    });
    on("delete", `${ENDPOINTS}/{endpoint}`, ({ params }) => {
      added.delete(decodeURIComponent(params.endpoint));
      return { body: undefined };
    });
    on("get", "/api/v1/outbound/hosts", () => ({
      body: {
        items: [
          {
            endpoint: "http://127.0.0.1:11434",
            calls: 1319,
            first_at: "2026-11-20T08:00:00.000Z",
            last_at: "2026-11-27T08:00:00.000Z",
          },
        ],
        next_cursor: null,
      },
    }));
    const { user } = openPage("/outbound");
    const called = await screen.findByRole("region", { name: "Was called" });
    expect(await within(called).findByText("1,319")).toBeVisible();
    const field = screen.getByLabelText("Allow another one");
    await user.type(field, "http://169.254.169.254:80{Enter}");
    expect(await screen.findByText(/is never called\./)).toBeVisible();
    await user.clear(field);
    await user.type(field, "http://gpu-box:11434{Enter}");
    await user.click(await screen.findByRole("button", { name: "Remove http://gpu-box:11434" }));
    await screen.findByText("http://gpu-box:11434 is called no more");
    expect(added.size).toBe(0);
    expect(screen.queryByRole("button", { name: "Remove http://127.0.0.1:11434" })).toBeNull();
  });
});

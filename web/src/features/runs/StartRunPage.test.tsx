import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Model, RunEstimate, RunRequest } from "@/api/types";
import { cardServer } from "@/test/cardServer";
import { card, provider, run, testCase } from "@/test/fixtures";
import { openPage } from "@/test/page";
import { on, Refusal } from "@/test/server";

function model(name: string, over: Partial<Model> = {}): Model {
  return {
    name,
    digest: null,
    family: null,
    parameter_size: null,
    quantization: null,
    context_length: null,
    size_bytes: null,
    loaded: false,
    capabilities: ["completion"],
    simulated: false,
    ...over,
  };
}

const estimate: RunEstimate = {
  cells: 6,
  cases: 3,
  prompt_tokens: null,
  seconds: null,
  basis: "No call of this model was measured yet.",
  problems: [],
  running: null,
};

function withModels(over: Partial<RunEstimate> = {}) {
  cardServer({ card: { latest_version: 1 }, cases: [testCase(0), testCase(1)] });
  const asked: RunRequest[] = [];
  const listed = card({ latest_version: 1 });
  on("get", "/api/v1/workspaces/{ws}/cards", () => ({ body: { items: [listed], next_cursor: null } }));
  on("get", "/api/v1/workspaces/{ws}/providers", () => ({
    body: {
      items: [
        provider({ id: "s", name: "simulated", kind: "simulated", base_url: null, simulated: true }),
        provider(),
        provider({ id: "g", name: "gpu-02", kind: "openai", base_url: "http://10.0.0.7" }),
      ],
      next_cursor: null,
    },
  }));
  on("get", "/api/v1/workspaces/{ws}/providers/{provider}/models", ({ params }) => ({
    body: {
      items:
        params.provider === "s"
          ? [model("made-up", { simulated: true, loaded: true })]
          : params.provider === "o"
            ? [
                model("embed", { capabilities: ["embedding"], loaded: true }),
                model("cold"),
                model("warm", { loaded: true }),
              ]
            : [],
      reachable: params.provider !== "g",
      problem: params.provider === "g" ? "gpu-02 does not answer." : null,
      remedy: params.provider === "g" ? "Start it." : null,
      checked_at: "2026-11-23T08:00:00.000Z",
      next_cursor: null,
    },
  }));
  on("post", "/api/v1/workspaces/{ws}/runs/estimate", ({ body }) => {
    asked.push(body);
    return { body: { ...estimate, ...over } };
  });
  return asked;
}

const address = "/runs/new?card=grade-school-math";

describe("starting a run", () => {
  it("begins with the latest version and a loaded model that can answer", async () => {
    const asked = withModels();
    openPage(address);
    await waitFor(() =>
      expect(asked.at(-1)).toEqual({
        card_versions: [{ slug: "grade-school-math", version: 1 }],
        models: [{ provider: "ollama", model: "warm" }],
        repeats: 1,
      }),
    );
    expect(screen.getByRole("checkbox", { name: /^embed/ })).toBeDisabled();
    expect(screen.getByText("gpu-02 does not answer. Start it.")).toBeVisible();
    const side = screen.getByRole("complementary", { name: "Estimate" });
    expect(await within(side).findByText("6")).toBeVisible();
    expect(within(side).getAllByText("no data")).toHaveLength(2);
  });

  it("sends what was chosen and opens the run", async () => {
    withModels();
    let sent: RunRequest | undefined;
    on("post", "/api/v1/workspaces/{ws}/runs", ({ body }) => {
      sent = body;
      return { body: run({ id: "r16", number: 16, state: "queued" }), status: 202 };
    });
    for (const part of ["", "/cells", "/cases"] as const) {
      on("get", `/api/v1/workspaces/{ws}/runs/{run}${part}`, () => new Refusal(404));
    }
    const { user, router } = openPage(address);
    await user.click(await screen.findByRole("checkbox", { name: /^made-up/ }));
    const repeats = screen.getByLabelText(/^Repeats/);
    await user.clear(repeats);
    expect(screen.getByText("Use a whole number from 1 to 1000")).toBeVisible();
    expect(screen.getByRole("button", { name: "Start run" })).toBeDisabled();
    await user.type(repeats, "2");
    await user.click(screen.getByRole("checkbox", { name: /^Take the answers/ }));
    await user.click(screen.getByRole("button", { name: "Start run" }));
    await waitFor(() => expect(router.latestLocation.pathname).toBe("/runs/r16"));
    expect(sent).toMatchObject({
      models: [
        { provider: "ollama", model: "warm" },
        { provider: "simulated", model: "made-up" },
      ],
      repeats: 2,
      cache: false,
    });
  });

  it("does not start while something stands in the way, and says what", async () => {
    withModels({
      problems: [
        {
          pointer: "/models/0",
          code: "model_missing",
          detail: "ollama does not have warm. Run: ollama pull warm",
        },
      ],
    });
    openPage(address);
    expect(await screen.findByText("ollama does not have warm. Run: ollama pull warm")).toBeVisible();
    expect(screen.getByRole("button", { name: "Start run" })).toBeDisabled();
  });

  it("shows the run that does the same already", async () => {
    withModels({ running: { id: "r9", number: 9 } });
    openPage(address);
    expect(await screen.findByRole("link", { name: "run 9" })).toHaveAttribute("href", "/runs/r9");
  });

  it("says why it was refused", async () => {
    withModels();
    on(
      "post",
      "/api/v1/workspaces/{ws}/runs",
      () =>
        new Refusal(503, {
          code: "provider_unavailable",
          detail: "ollama does not answer. Nothing was started.",
        }),
    );
    const { user } = openPage(address);
    await waitFor(() => expect(screen.getByRole("button", { name: "Start run" })).toBeEnabled());
    await user.click(screen.getByRole("button", { name: "Start run" }));
    expect(
      await screen.findByText("Not started. ollama does not answer. Nothing was started."),
    ).toBeVisible();
  });

  it("waits for a card to be chosen", async () => {
    withModels();
    const { user } = openPage("/runs/new");
    expect(await screen.findByText(/^Choose a card, and/)).toBeVisible();
    await user.selectOptions(await screen.findByLabelText("Card"), "grade-school-math");
    expect(await screen.findByRole("checkbox", { name: /v1/ })).toBeChecked();
  });
});

describe("the list of runs", () => {
  it("counts no simulated run, and shows what stands beside a rate", async () => {
    on("get", "/api/v1/workspaces/{ws}/runs", () => ({
      body: {
        items: [
          run({ id: "a", number: 3, simulated: true }),
          run({ id: "b", number: 2, counts: { ...run().counts, error: 2, invalid: 1 } }),
          run({ id: "c", number: 1, state: "running", counts: { ...run().counts, open: 4 }, cell_count: 7 }),
        ],
        next_cursor: null,
      },
    }));
    openPage("/runs");
    await screen.findByRole("link", { name: "3" });
    const rows = screen.getAllByRole("row").slice(1);
    expect(rows[0]).toHaveTextContent("not counted");
    expect(rows[0]).not.toHaveTextContent("%");
    expect(rows[1]).toHaveTextContent("Finished, 2 errors, 1 invalid");
    expect(rows[1]).toHaveTextContent("66.7%");
    expect(rows[2]).toHaveTextContent("3 of 7");
  });

  it("is filtered by state, in the address", async () => {
    on("get", "/api/v1/workspaces/{ws}/runs", ({ url }) => ({
      body: { items: url.searchParams.get("state") ? [] : [run()], next_cursor: null },
    }));
    const { user, router } = openPage("/runs");
    await screen.findByRole("link", { name: "14" });
    await user.click(screen.getByRole("button", { name: "Paused" }));
    expect(await screen.findByRole("heading", { name: "No run is paused" })).toBeVisible();
    expect(router.latestLocation.search).toEqual({ state: "paused" });
  });
});

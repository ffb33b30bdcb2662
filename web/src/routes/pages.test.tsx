import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { card, provider, run } from "@/test/fixtures";
import { openPage } from "@/test/page";
import { on, Refusal } from "@/test/server";

const FACETS = "/api/v1/workspaces/{ws}/cards/facets";
const PROVIDERS = "/api/v1/workspaces/{ws}/providers";

function models(over: { reachable?: boolean } = {}) {
  on("get", PROVIDERS, () => ({
    body: {
      items: [provider()],
      next_cursor: null,
    },
  }));
  on("get", `${PROVIDERS}/{provider}/pulls`, () => ({ body: { items: [], next_cursor: null } }));
  let asked = 0;
  on("get", `${PROVIDERS}/{provider}/models`, () => {
    asked += 1;
    const reachable = over.reachable ?? true;
    const name = asked > 1 ? "pulled:latest" : "llama3.2:latest";
    return {
      body: {
        items: reachable
          ? [
              {
                name,
                digest: "sha256:0123456789abcdef",
                family: "llama",
                parameter_size: "3.2B",
                quantization: "Q4_K_M",
                context_length: 131072,
                size_bytes: 2_019_393_189,
                loaded: true,
                capabilities: ["completion"],
                simulated: false,
              },
            ]
          : [],
        reachable,
        problem: reachable ? null : "http://127.0.0.1:11434 does not answer.",
        remedy: reachable ? null : "Start it with: ollama serve",
        checked_at: "2026-11-23T08:00:00.000Z",
        next_cursor: null,
      },
    };
  });
}

describe("home", () => {
  it("of a fresh server shows what was found and the first step", async () => {
    models({ reachable: false });
    openPage("/");
    expect(await screen.findByRole("button", { name: "Load sample cards" })).toBeVisible();
    const found = await screen.findByRole("region", { name: "Models" });
    expect(within(found).getByText(/does not answer\. Start it with: ollama serve/)).toBeVisible();
    expect(await screen.findByText("The database answers.")).toBeVisible();
  });

  it("shows the cards and runs of a server at work", async () => {
    on("get", "/api/v1/workspaces/{ws}/cards", () => ({ body: { items: [card()], next_cursor: null } }));
    on("get", "/api/v1/workspaces/{ws}/runs", () => ({
      body: { items: [run({ id: "r", number: 15, state: "running" })], next_cursor: null },
    }));
    const { queryClient } = openPage("/");
    on("get", FACETS, () => ({ body: { folders: [], tags: [], labels: [], total: 1, archived: 0 } }));
    await queryClient.invalidateQueries();
    expect(await screen.findByRole("link", { name: "Run 15" })).toBeVisible();
    expect((await screen.findAllByRole("link", { name: "Grade-school maths" }))[0]).toBeVisible();
  });
});

describe("models", () => {
  it("are listed with what the server says of them, and asked for anew", async () => {
    models();
    const { user } = openPage("/models");
    const section = await screen.findByRole("region", { name: "ollama" });
    await within(section).findByText("llama3.2:latest");
    for (const text of ["0123456789ab", "3.2B", "Q4_K_M", "131,072", "2.0 GB", "loaded"]) {
      expect(section).toHaveTextContent(text);
    }
    await user.click(within(section).getByRole("button", { name: "Refresh" }));
    expect(await within(section).findByText("pulled:latest")).toBeVisible();
  });

  it("of a server that does not answer are replaced by what to do", async () => {
    models({ reachable: false });
    openPage("/models");
    expect(await screen.findByText(/Start it with: ollama serve/)).toBeVisible();
  });

  it("say when they did not load", async () => {
    on("get", PROVIDERS, () => new Refusal(500, { detail: "The database is locked." }));
    openPage("/models");
    expect(await screen.findByText("The database is locked.")).toBeVisible();
  });
});

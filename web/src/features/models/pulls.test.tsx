import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import type { Diagnosis, Pull } from "@/api/types";
import { provider } from "@/test/fixtures";
import { openPage } from "@/test/page";
import { on, Refusal } from "@/test/server";

const PROVIDERS = "/api/v1/workspaces/{ws}/providers";
const PROVIDER = `${PROVIDERS}/{provider}` as const;

function pull(over: Partial<Pull> = {}): Pull {
  return {
    id: "p1",
    provider: "o",
    model: "llama3.2:1b",
    state: "running",
    status: "pulling 74701a8c35f6",
    total_bytes: 1_300_000_000,
    completed_bytes: 700_000_000,
    bytes_per_second: 12_000_000,
    problem: null,
    remedy: null,
    started_at: "2026-11-23T08:00:00.000Z",
    ended_at: null,
    event_number: 7,
    ...over,
  };
}

function pulls(...items: Pull[]) {
  on("get", `${PROVIDER}/pulls`, () => ({ body: { items, next_cursor: null } }));
}

function model(name: string) {
  return {
    name,
    digest: "sha256:0123456789abcdef",
    family: "llama",
    parameter_size: "3.2B",
    quantization: "Q4_K_M",
    context_length: 131072,
    size_bytes: 2_019_393_189,
    loaded: false,
    capabilities: ["completion"],
    simulated: false,
  };
}

function models(...names: string[]) {
  on("get", `${PROVIDER}/models`, () => ({
    body: {
      items: names.map(model),
      reachable: true,
      problem: null,
      remedy: null,
      checked_at: "2026-11-23T08:00:00.000Z",
    },
  }));
}

beforeEach(() => {
  on("get", PROVIDERS, () => ({
    body: {
      items: [provider()],
      next_cursor: null,
    },
  }));
  models("llama3.2:latest");
  pulls();
});

describe("a pull", () => {
  it("says what is there, how fast it comes and how long the rest takes", async () => {
    pulls(pull());
    openPage("/models");
    expect(await screen.findByText("700.0 MB of 1.3 GB")).toBeVisible();
    expect(screen.getByText("12.0 MB/s, about 50 s left")).toBeVisible();
    expect(screen.getByText("pulling 74701a8c35f6")).toBeVisible();
  });

  it("that ended in the meantime leaves the list, and the models are read again", async () => {
    pulls(pull());
    const { queryClient } = openPage("/models");
    await screen.findByText("700.0 MB of 1.3 GB");
    pulls(pull({ state: "finished" }));
    models("llama3.2:latest", "llama3.2:1b");
    await queryClient.invalidateQueries({ queryKey: ["providers", "o", "pulls"] });
    expect(await screen.findByRole("row", { name: /^llama3\.2:1b/ })).toBeVisible();
    expect(screen.queryByText("700.0 MB of 1.3 GB")).toBeNull();
  });

  it("that the server does not know any more ended with the server before it", async () => {
    pulls(pull());
    const { queryClient } = openPage("/models");
    await screen.findByText("700.0 MB of 1.3 GB");
    pulls();
    await queryClient.invalidateQueries({ queryKey: ["providers", "o", "pulls"] });
    expect(await screen.findByText(/was started again, and the pull ended with it/)).toBeVisible();
  });

  it("that broke off says why, and is begun again", async () => {
    pulls(pull({ state: "failed", problem: "The disk of the model server is full." }));
    on("post", `${PROVIDER}/models`, ({ body }) => {
      pulls(pull({ id: "p2", model: body.name }));
      return { body: pull({ id: "p2", model: body.name, completed_bytes: 900_000_000 }), status: 202 };
    });
    const { user } = openPage("/models");
    expect(await screen.findByText(/The disk of the model server is full/)).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Pull again" }));
    expect(await screen.findByText("900.0 MB of 1.3 GB")).toBeVisible();
    expect(screen.queryByText(/The disk of the model server is full/)).toBeNull();
  });

  it("that is refused says why at its field", async () => {
    on("post", `${PROVIDER}/models`, () => new Refusal(409, { detail: "4 models are being pulled." }));
    const { user } = openPage("/models");
    await user.type(await screen.findByLabelText("Pull a model"), "llama3.2:1b{Enter}");
    expect(await screen.findByText("4 models are being pulled.")).toBeVisible();
    expect(screen.getByLabelText("Pull a model")).toHaveValue("llama3.2:1b");
  });
});

describe("a model", () => {
  it("that a run uses is not deleted, and the reason is told", async () => {
    let asked = "";
    on("delete", `${PROVIDER}/models/{model}`, ({ params }) => {
      asked = params.model;
      return new Refusal(409, { detail: "Run 3 uses `llama3.2:latest`." });
    });
    const { user } = openPage("/models");
    await user.click(await screen.findByRole("button", { name: "Delete llama3.2:latest" }));
    const question = await screen.findByRole("dialog", { name: "Delete llama3.2:latest?" });
    expect(question).toHaveTextContent("2.0 GB on the disk of ollama");
    await user.click(within(question).getByRole("button", { name: "Delete llama3.2:latest" }));
    await waitFor(() => expect(asked).toBe("llama3.2:latest"));
    expect(await screen.findAllByText("Run 3 uses `llama3.2:latest`.")).not.toHaveLength(0);
  });
});

describe("a diagnosis", () => {
  it("lists what was tried and the lines to write", async () => {
    const found: Diagnosis = {
      works: false,
      conclusion: "The same port speaks HTTPS.",
      configuration: 'base_url = "https://127.0.0.1:11434"',
      steps: [
        { tried: "http://127.0.0.1:11434", outcome: "fails", found: "What answers does not speak HTTP." },
        { tried: "https://127.0.0.1:11434", outcome: "works", found: "Ollama answers." },
      ],
    };
    on("post", `${PROVIDER}/diagnose`, () => ({ body: found }));
    const { user, router } = openPage("/models");
    await user.click(await screen.findByRole("button", { name: "Diagnose" }));
    const diagnosis = await screen.findByRole("region", { name: "Diagnosis of ollama" });
    expect(await within(diagnosis).findByText("The same port speaks HTTPS.")).toBeVisible();
    expect(diagnosis).toHaveTextContent('base_url = "https://127.0.0.1:11434"');
    expect(within(diagnosis).getAllByRole("listitem")).toHaveLength(2);
    expect(router.state.location.search).toEqual({ diagnose: "ollama" });
    await user.click(within(diagnosis).getByRole("button", { name: "Close the diagnosis" }));
    expect(screen.queryByRole("region", { name: "Diagnosis of ollama" })).toBeNull();
  });
});

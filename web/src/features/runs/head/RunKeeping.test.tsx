import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Run } from "@/api/types";
import { noCounts, run } from "@/test/fixtures";
import { openPage } from "@/test/page";
import { on, Refusal } from "@/test/server";

const RUN = "/api/v1/workspaces/{ws}/runs/{run}";
const address = `/runs/${run().id}`;

class SilentSource extends EventTarget {
  static readonly CLOSED = 2;
  close(): void {}
}

beforeEach(() => vi.stubGlobal("EventSource", SilentSource));
afterEach(() => vi.unstubAllGlobals());

function serve(shown: Run): { run: Run; asked: string[] } {
  const state = { run: shown, asked: [] as string[] };
  on("get", RUN, () => ({ body: state.run }));
  on("get", `${RUN}/cells`, () => ({ body: { items: [], next_cursor: null } }));
  on("get", `${RUN}/cases`, () => ({ body: { items: [], next_cursor: null } }));
  on("put", `${RUN}/keep`, () => {
    state.asked.push("keep");
    state.run = { ...state.run, kept: true };
    return { body: state.run };
  });
  on("delete", `${RUN}/keep`, () => {
    state.asked.push("unkeep");
    state.run = { ...state.run, kept: false };
    return { body: state.run };
  });
  return state;
}

it("keeps a run, which then cannot be deleted, and leaves it to the rules again", async () => {
  const state = serve(run());
  const { user } = openPage(address);
  const keep = await screen.findByRole("button", { name: "Keep", pressed: false });
  expect(screen.getByRole("button", { name: "Delete run" })).toBeInTheDocument();
  await user.click(keep);
  await user.click(await screen.findByRole("button", { name: "Keep", pressed: true }));
  expect(await screen.findByRole("button", { name: "Keep", pressed: false })).toBeInTheDocument();
  expect(state.asked).toEqual(["keep", "unkeep"]);
});

it("offers no deletion of a run that is kept or at work", async () => {
  const state = serve(run({ kept: true }));
  const { router } = openPage(address);
  expect(await screen.findByRole("button", { name: "Keep", pressed: true })).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: "Delete run" })).not.toBeInTheDocument();
  state.run = run({ id: run().id.replace("b1", "b2"), state: "paused", counts: { ...noCounts, open: 3 } });
  await router.navigate({ to: "/runs/$runId", params: { runId: state.run.id } });
  expect(await screen.findByRole("button", { name: "Resume" })).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: "Delete run" })).not.toBeInTheDocument();
});

it("says why the server paused a run", async () => {
  serve(run({ state: "paused", pause_reason: "The budget of today is used up." }));
  openPage(address);
  expect(await screen.findByText("The budget of today is used up.")).toBeVisible();
});

it("deletes a run after a question, and shows the others", async () => {
  serve(run({ stored_bytes: 4_200_000 }));
  on("get", "/api/v1/workspaces/{ws}/runs", () => ({ body: { items: [], next_cursor: null } }));
  let deleted = 0;
  on("delete", RUN, () => {
    deleted += 1;
    return { body: undefined };
  });
  const { user, router } = openPage(address);
  await user.click(await screen.findByRole("button", { name: "Delete run" }));
  const dialog = await screen.findByRole("dialog", { name: "Delete run 14?" });
  expect(dialog).toHaveTextContent("3 cells and every answer in them go, 4.2 MB");
  expect(dialog).toHaveTextContent("This cannot be undone");
  await user.click(within(dialog).getByRole("button", { name: "Leave it" }));
  expect(deleted).toBe(0);
  await user.click(await screen.findByRole("button", { name: "Delete run" }));
  await user.click(await screen.findByRole("button", { name: "Delete run 14" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/runs"));
  expect(deleted).toBe(1);
  expect(await screen.findAllByText("Run 14 was deleted")).not.toHaveLength(0);
});

it("says why a run was not deleted or kept, and stays on it", async () => {
  serve(run());
  const detail = "Run 14 is running and has cells that are open. Cancel it first; nothing was deleted.";
  on("delete", RUN, () => new Refusal(409, { detail }));
  on("put", `${RUN}/keep`, () => new Refusal(404, { detail: "There is no run 14." }));
  const { user, router } = openPage(address);
  await user.click(await screen.findByRole("button", { name: "Delete run" }));
  await user.click(await screen.findByRole("button", { name: "Delete run 14" }));
  expect(await screen.findAllByText(detail)).not.toHaveLength(0);
  expect(router.state.location.pathname).toBe(address);
  await user.click(screen.getByRole("button", { name: "Keep" }));
  expect(await screen.findAllByText("There is no run 14.")).not.toHaveLength(0);
  expect(screen.getByRole("button", { name: "Keep", pressed: false })).toBeInTheDocument();
});

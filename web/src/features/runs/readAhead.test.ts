import { describe, expect, it } from "vitest";
import { createQueryClient } from "@/queryClient";
import { cellSummary, run } from "@/test/fixtures";
import { on, Refusal } from "@/test/server";
import { applyEvents } from "./live/apply";
import { patchesOf } from "./live/patches";
import { readRunAhead } from "./readAhead";
import { type CellWindow, windowKey } from "./windows";

const RUN = "/api/v1/workspaces/{ws}/runs/{run}";
const ID = run().id;

const pending = cellSummary({ state: "pending", verdict: null });

/** Answers what a run page asks for first, and writes down what was asked. */
function listen(onCells: () => void = () => undefined): string[] {
  const asked: string[] = [];
  const note = (url: URL) => asked.push(url.pathname.replace(/^.*\/runs\/[^/]+/, "") + url.search);
  on("get", RUN, ({ url }) => {
    note(url);
    return new Refusal(503);
  });
  on("get", `${RUN}/rows`, ({ url }) => {
    note(url);
    return { body: { rows: [3], total: 9, matched: 1 } };
  });
  on("get", `${RUN}/cells`, ({ url }) => {
    note(url);
    onCells();
    return { body: { items: [pending], next_cursor: null } };
  });
  on("get", `${RUN}/cases`, ({ url }) => {
    note(url);
    return { body: { items: [], next_cursor: null } };
  });
  return asked;
}

describe("what is read before there is a page", () => {
  it("is the run, its first cells and its first cases, none waiting for another", async () => {
    const asked = listen();
    readRunAhead(createQueryClient(), ID, {});
    await expect
      .poll(() => [...asked].sort())
      .toEqual(["", "/cases?from=0&to=30", "/cells?row_from=0&row_to=30"]);
  });

  it("is what a filter leaves, where the address has one", async () => {
    const asked = listen();
    readRunAhead(createQueryClient(), ID, { show: "fail" });
    await expect.poll(() => [...asked].sort()).toEqual(["", "/rows?show=fail"]);
  });

  it("does not undo what the stream has said since", async () => {
    const queryClient = createQueryClient();
    listen(() =>
      applyEvents(queryClient, ID, patchesOf(ID), [
        { name: "cell_finished", number: 5, cell: cellSummary(), column: run().columns[0] as never },
      ]),
    );
    readRunAhead(queryClient, ID, {});
    await expect
      .poll(() => queryClient.getQueryData<CellWindow>(windowKey(ID, 0))?.[0]?.[0]?.state)
      .toBe("finished");
  });
});

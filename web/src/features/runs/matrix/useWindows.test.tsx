import { QueryClientProvider } from "@tanstack/react-query";
import { renderHook } from "@testing-library/react";
import type { ReactNode } from "react";
import { expect, it } from "vitest";
import { createQueryClient } from "@/queryClient";
import { cellSummary, run } from "@/test/fixtures";
import { on } from "@/test/server";
import { patchesOf } from "../live/patches";
import { windowQuery } from "../windows";
import { useWindows } from "./useWindows";

const RUN = "/api/v1/workspaces/{ws}/runs/{run}";
const ID = run().id;

it("rows that are shown keep their cells when somebody scrolls on at once", async () => {
  on("get", `${RUN}/cells`, ({ url }) => {
    const row = Number(url.searchParams.get("row_from"));
    return { body: { items: [cellSummary({ position: row, row })], next_cursor: null } };
  });
  on("get", `${RUN}/cases`, () => ({ body: { items: [], next_cursor: null } }));
  const queryClient = createQueryClient();
  const patches = patchesOf(ID);
  for (const from of [0, 270]) await queryClient.ensureQueryData(windowQuery(ID, from, patches));
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={queryClient}>{children}</QueryClientProvider>
  );
  const { result, rerender } = renderHook(
    ({ row, scrolling }) => useWindows(ID, [row], 1, scrolling, patches),
    { wrapper, initialProps: { row: 270, scrolling: false } },
  );
  // A leap to the first row, and the next key before it has stood still.
  rerender({ row: 0, scrolling: false });
  expect(result.current.cells(0)).toHaveLength(1);
  rerender({ row: 0, scrolling: true });
  expect(result.current.cells(0)).toHaveLength(1);
});

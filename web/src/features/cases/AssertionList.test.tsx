import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { CaseContent, Judgement } from "@/api/types";
import { cardServer } from "@/test/cardServer";
import { assertionTypes, content, testCase } from "@/test/fixtures";
import { openPage } from "@/test/page";
import { on, Refusal } from "@/test/server";

const CASES = "/api/v1/workspaces/{ws}/suites/{suite}/cases";

/** Opens a case with these assertions. */
async function openCase(assertions: CaseContent["assertions"], flags: Parameters<typeof testCase>[1] = {}) {
  const item = testCase(1, { content: { variables: {}, assertions }, ...flags });
  cardServer({ draft: content("Say it."), cases: [item] });
  on("get", "/api/v1/assertion-types", () => ({ body: { items: assertionTypes, next_cursor: null } }));
  on("get", `${CASES}/{case}`, () => ({ body: item, etag: item.etag }));
  const { user } = openPage(`/cards/grade-school-math/cases?case=${item.id}`);
  await screen.findByRole("group", { name: "Assertion 1" });
  const group = (number: string) => screen.getByRole("group", { name: `Assertion ${number}` });
  const press = async (name: string) => {
    screen.getByRole("button", { name }).focus();
    await user.keyboard("{Enter}");
  };
  return { user, group, press };
}

const SET: CaseContent["assertions"] = [
  { type: "equals", value: "first" },
  {
    type: "assert-set",
    threshold: 0.5,
    assert: [
      { type: "contains", value: "red" },
      { type: "contains", value: "blue" },
    ],
  },
];

describe("the assertions of a set", () => {
  it("are changed, put in order, added and removed by keyboard, and saved", async () => {
    const { user, group, press } = await openCase(SET);
    let saved: CaseContent | undefined;
    on("put", `${CASES}/{case}`, ({ body }) => {
      saved = body;
      return { body: testCase(1, { content: body }), etag: '"case-2"' };
    });
    const types = within(group("2.1")).getByLabelText("Type");
    expect(within(types).queryByRole("option", { name: "assert-set" })).toBeNull();
    expect(within(group("2")).getAllByLabelText("Not"), "only those of the inner ones").toHaveLength(2);

    await press("Move assertion 2.1 down");
    expect(within(group("2.2")).getByLabelText(/^Value/)).toHaveValue("red");
    expect(screen.getByRole("button", { name: "Move assertion 2.2 down" })).toHaveFocus();
    expect(screen.getByText("Assertion 2.1 is now 2.2.")).toBeInTheDocument();

    await press("Add to the set");
    expect(within(group("2.3")).getByLabelText("Type")).toHaveFocus();
    await user.selectOptions(within(group("2.3")).getByLabelText("Type"), "regex");
    await user.type(within(group("2.3")).getByLabelText(/^Value/), "gr..n");
    await user.type(within(group("2.3")).getByLabelText(/^Metric/), "colour");
    await press("Remove assertion 2.1");
    expect(within(group("2.1")).getByLabelText("Not")).toHaveFocus();
    await press("Move assertion 2 up");

    await user.click(screen.getByRole("button", { name: "Save case" }));
    await screen.findByText("Case 1 saved.");
    expect(saved?.assertions).toEqual([
      {
        type: "assert-set",
        threshold: 0.5,
        assert: [
          { type: "contains", value: "red" },
          { type: "regex", value: "gr..n", metric: "colour" },
        ],
      },
      { type: "equals", value: "first" },
    ]);
  });

  it("show what each found in the sample", async () => {
    const { user, group } = await openCase(SET);
    const outcome = (type: string, verdict: "pass" | "fail", reason: string) =>
      ({ type, verdict, score: 1, weight: 1, reason }) as const;
    on("post", "/api/v1/workspaces/{ws}/assertions/try", () => {
      const judgement: Judgement = {
        verdict: "pass",
        score: 1,
        reason: "All hold.",
        outcomes: [
          outcome("equals", "pass", "The same."),
          {
            ...outcome("assert-set", "pass", "Half is enough."),
            outcomes: [outcome("contains", "pass", "It has red."), outcome("contains", "fail", "No blue.")],
          },
        ],
        metric_scores: [],
      };
      return { body: judgement };
    });
    await user.type(screen.getByLabelText("Sample output"), "red");
    expect(await within(group("2")).findByText("Half is enough.")).toBeVisible();
    expect(within(group("2.1")).getByText("It has red.")).toBeVisible();
    expect(within(group("2.2")).getByText("No blue.")).toBeVisible();
  });

  it("show the server's refusals where they belong, until they are in another order", async () => {
    const { user, group, press } = await openCase(SET);
    on("put", `${CASES}/{case}`, () => {
      const errors = [{ pointer: "/assertions/1/assert/1/value", detail: "This cannot be." }];
      return new Refusal(422, { detail: "An assertion cannot be judged.", errors });
    });
    await user.click(screen.getByRole("button", { name: "Save case" }));
    expect(await within(group("2.2")).findByText("This cannot be.")).toBeVisible();
    expect(screen.getAllByText("This cannot be.")).toHaveLength(1);
    await press("Move assertion 2.2 up");
    await waitFor(() => expect(screen.queryByText("This cannot be.")).toBeNull());
  });

  it("must not be none", async () => {
    const { user, group, press } = await openCase(SET);
    await press("Remove assertion 2.2");
    await press("Remove assertion 2.1");
    expect(screen.getByRole("button", { name: "Add to the set" })).toHaveFocus();
    await user.click(screen.getByRole("button", { name: "Save case" }));
    expect(within(group("2")).getByText("A set needs an assertion")).toBeVisible();
    await user.click(screen.getAllByRole("button", { name: /Undo/ })[0] as HTMLElement);
    expect(group("2.1")).toBeVisible();
  });
});

it("an assertion that was moved takes no other's flag", async () => {
  const flags = [{ assertion_index: 0, message: "Every answer has it." }];
  const assertions = [
    { type: "contains", value: "" },
    { type: "equals", value: "b" },
  ];
  const { press } = await openCase(assertions, { flags });
  expect(screen.getByText(/It can never fail\. Every answer has it\./)).toBeVisible();
  await press("Move assertion 1 down");
  expect(screen.queryByText(/It can never fail/)).toBeNull();
});

import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { CaseContent, Judgement } from "@/api/types";
import { cardServer } from "@/test/cardServer";
import { assertionTypes, content, testCase } from "@/test/fixtures";
import { openPage } from "@/test/page";
import { on, Refusal } from "@/test/server";

const CASES = "/api/v1/workspaces/{ws}/suites/{suite}/cases";
const address = "/cards/grade-school-math/cases";

function withCases(cases = [testCase(1), testCase(2)]) {
  cardServer({
    draft: content("{{ question }}", { variables: [{ name: "question", type: "text", required: true }] }),
    cases,
  });
  on("get", "/api/v1/assertion-types", () => ({ body: { items: assertionTypes, next_cursor: null } }));
  on("get", `${CASES}/{case}`, ({ params }) => {
    const found = cases.find(({ id }) => id === params.case);
    return found ? { body: found, etag: found.etag } : new Refusal(404, { code: "not_found" });
  });
}

describe("the cases of a card", () => {
  it("are listed with what goes in and what must come out", async () => {
    withCases([
      testCase(1, {
        content: {
          variables: { question: "How many?" },
          assertions: [{ type: "number" }, { type: "regex", value: "x" }],
          expected_output: "18",
          tags: ["time"],
        },
        flags: [{ assertion_index: 0, message: "Its weight is 0: it is shown and never fails." }],
      }),
    ]);
    openPage(address);
    await screen.findByRole("link", { name: "Case 1" });
    const row = screen.getAllByRole("row")[1];
    for (const text of ["How many?", "18", "number, regex", "time", "it is shown and never fails"]) {
      expect(row).toHaveTextContent(text);
    }
  });

  it("teach what a case is while there is none", async () => {
    withCases([]);
    openPage(address);
    expect(await screen.findByRole("heading", { name: "No cases yet" })).toBeVisible();
  });
});

describe("a new case", () => {
  it("asks for what the template uses, defined or not", async () => {
    withCases();
    cardServer({
      draft: content("{{ other }}"),
      preview: {
        found_variables: [
          { name: "other", required: true, suggested_type: "number", message_index: 0, line: 1, column: 4 },
        ],
      },
    });
    openPage(`${address}?case=new`);
    expect(await screen.findByLabelText(/^other/)).toBeVisible();
  });

  it("is tried on an output before it is added", async () => {
    withCases();
    let tried: unknown;
    on("post", "/api/v1/workspaces/{ws}/assertions/try", ({ body }) => {
      tried = body;
      const judgement: Judgement = {
        verdict: "fail",
        score: 0,
        reason: "The last number of the output is 4. Expected 3, tolerance 0.",
        outcomes: [
          {
            type: "not-number",
            verdict: "fail",
            score: 0,
            weight: 1,
            reason: "The last number of the output is 4.",
          },
        ],
        metric_scores: [],
      };
      return { body: judgement };
    });
    let added: CaseContent | undefined;
    on("post", CASES, ({ body }) => {
      added = body;
      return { body: testCase(3, { content: body }), status: 201 };
    });
    const { user, router } = openPage(`${address}?case=new`);
    const drawer = await screen.findByRole("complementary", { name: "New case" });
    await user.type(await within(drawer).findByLabelText(/^question/), "How many?");
    await user.type(within(drawer).getByLabelText(/^Expected output/), "3");
    await user.click(within(drawer).getByRole("button", { name: "Add an assertion" }));
    const assertion = within(drawer).getByRole("group", { name: "Assertion 1" });
    await user.selectOptions(within(assertion).getByLabelText("Type"), "number");
    await user.selectOptions(within(assertion).getByLabelText("Not"), "not");
    await user.type(within(assertion).getByLabelText("tolerance"), "0.5");
    await user.type(within(drawer).getByLabelText("Sample output"), "4");
    expect(await within(assertion).findByText("The last number of the output is 4.")).toBeVisible();
    expect(tried).toEqual({
      assertions: [{ type: "not-number", config: { tolerance: 0.5 } }],
      variables: { question: "How many?" },
      expected_output: "3",
      output: "4",
    });
    await user.click(within(drawer).getByRole("button", { name: "Add case" }));
    expect(await screen.findByText("Case added.")).toBeVisible();
    expect(added).toEqual({
      variables: { question: "How many?" },
      assertions: [{ type: "not-number", config: { tolerance: 0.5 } }],
      expected_output: "3",
    });
    expect(router.latestLocation.search).not.toHaveProperty("case");
  });

  it("is not sent while a field is wrong, and shows what the server says of one", async () => {
    withCases();
    let sent = 0;
    on("post", CASES, () => {
      sent += 1;
      return new Refusal(422, {
        detail: "The case has an assertion that cannot be judged.",
        errors: [{ pointer: "/assertions/0/value", detail: "`regex` needs a value." }],
      });
    });
    const { user } = openPage(`${address}?case=new`);
    const drawer = await screen.findByRole("complementary", { name: "New case" });
    await user.click(await within(drawer).findByRole("button", { name: "Add an assertion" }));
    const assertion = within(drawer).getByRole("group", { name: "Assertion 1" });
    await user.selectOptions(within(assertion).getByLabelText("Type"), "regex");
    const weight = within(assertion).getByLabelText(/^Weight/);
    await user.type(weight, "x");
    await user.click(within(drawer).getByRole("button", { name: "Add case" }));
    expect(within(assertion).getByText("This is not a number")).toBeVisible();
    expect(sent).toBe(0);
    await user.clear(weight);
    await user.click(within(drawer).getByRole("button", { name: "Add case" }));
    expect(await within(assertion).findByText(/needs a value\./)).toBeVisible();
    expect(sent).toBe(1);
  });
});

describe("an open case", () => {
  const id = testCase(1).id;

  it("keeps what was typed when its drawer is closed without saving", async () => {
    withCases();
    const { user } = openPage(`${address}?case=${id}`);
    const field = await screen.findByLabelText(/^Description/);
    await user.type(field, ", changed");
    await user.keyboard("{Tab}");
    await user.click(screen.getByRole("button", { name: "Close" }));
    await user.click(await screen.findByRole("link", { name: "Case 1" }));
    expect(await screen.findByLabelText(/^Description/)).toHaveValue("Case 1, changed");
    await user.click(screen.getByRole("button", { name: "Discard changes" }));
    expect(screen.getByLabelText(/^Description/)).toHaveValue("Case 1");
  });

  it("shows both texts when somebody else saved first, and saves mine when that is chosen", async () => {
    withCases();
    const theirs = testCase(1, {
      content: { description: "Theirs", variables: { question: "Theirs" }, assertions: [] },
      etag: '"theirs"',
    });
    const tags: (string | null)[] = [];
    on("put", `${CASES}/{case}`, ({ headers, body }) => {
      tags.push(headers.get("if-match"));
      if (headers.get("if-match") !== '"theirs"') {
        on("get", `${CASES}/{case}`, () => ({ body: theirs, etag: theirs.etag }));
        return new Refusal(412, { code: "stale", detail: "Jonas Weber saved 2 min ago." }, '"theirs"');
      }
      return { body: testCase(1, { content: body, etag: '"mine"' }), etag: '"mine"' };
    });
    const { user } = openPage(`${address}?case=${id}`);
    await user.type(await screen.findByLabelText(/^Description/), ", mine");
    await user.click(screen.getByRole("button", { name: "Save case" }));
    const notice = (await screen.findByText("Someone changed this case before you.")).closest("[role=alert]");
    await waitFor(() => expect(notice).toHaveTextContent("Theirs"));
    expect(notice).toHaveTextContent("Case 1, mine");
    expect(screen.getByLabelText(/^Description/)).toHaveValue("Case 1, mine");
    await user.click(screen.getByRole("button", { name: "Save mine over it" }));
    expect(await screen.findByText("Case 1 saved.")).toBeVisible();
    expect(tags).toEqual(['"case-1"', '"theirs"']);
  });

  it("is deleted, and comes back on undo", async () => {
    const cases = [testCase(1)];
    withCases(cases);
    on("delete", `${CASES}/{case}`, ({ headers }) => {
      expect(headers.get("if-match")).toBe('"case-1"');
      cases.length = 0;
      return { body: undefined, status: 204 };
    });
    on("post", `${CASES}/{case}/restore`, () => {
      cases.push(testCase(1));
      return { body: testCase(1) };
    });
    const { user } = openPage(`${address}?case=${id}`);
    await user.click(await screen.findByRole("button", { name: "More for case 1" }));
    await user.click(await screen.findByRole("menuitem", { name: "Delete" }));
    expect(await screen.findByText("Case 1 deleted.")).toBeVisible();
    expect(await screen.findByRole("heading", { name: "No cases yet" })).toBeVisible();
    await user.click(screen.getByRole("button", { name: /Undo/ }));
    expect(await screen.findByRole("link", { name: "Case 1" })).toBeVisible();
  });

  it("is copied into a new one", async () => {
    withCases();
    const { user } = openPage(`${address}?case=${id}`);
    await user.click(await screen.findByRole("button", { name: "More for case 1" }));
    await user.click(await screen.findByRole("menuitem", { name: "Duplicate" }));
    expect(await screen.findByRole("complementary", { name: "New case" })).toBeVisible();
    expect(screen.getByLabelText(/^Description/)).toHaveValue("Case 1");
  });
});

describe("pasted cases", () => {
  it("are shown before they are added", async () => {
    withCases();
    let imported: unknown;
    on("post", `${CASES}/import`, ({ body }) => {
      imported = body;
      return { body: { created: body.items.length }, status: 201 };
    });
    const { user } = openPage(`${address}?import=true`);
    const dialog = await screen.findByRole("dialog", { name: "Import cases" });
    await user.click(within(dialog).getByLabelText(/^JSON/));
    await user.paste('{"question": "One?"}\n{"question": "Two?"');
    expect(within(dialog).getByText("Line 2: This line is not JSON.")).toBeVisible();
    expect(within(dialog).getByRole("button", { name: "Add cases" })).toBeDisabled();
    await user.paste("}");
    expect(within(dialog).getByRole("table")).toHaveTextContent("Two?");
    await user.click(within(dialog).getByRole("button", { name: "Add 2 cases" }));
    expect(await screen.findByText("2 cases added.")).toBeVisible();
    expect(imported).toEqual({
      items: [
        { variables: { question: "One?" }, assertions: [] },
        { variables: { question: "Two?" }, assertions: [] },
      ],
    });
  });
});

import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { cardServer } from "@/test/cardServer";
import { content, testCase } from "@/test/fixtures";
import { openPage } from "@/test/page";
import { on, Refusal, unreachable } from "@/test/server";
import { messageText } from "../content";

// jsdom has no layout for CodeMirror: a text area stands in for it here, and the browser tests drive the real one.
vi.mock("./TemplateEditor", () => ({
  TemplateEditor: ({
    value,
    onChange,
    label,
  }: {
    value: string;
    onChange: (text: string) => void;
    label: string;
  }) => <textarea aria-label={label} value={value} onChange={(event) => onChange(event.target.value)} />,
}));

const address = "/cards/grade-school-math";

async function prompt() {
  return screen.findByRole("textbox", { name: "Prompt" });
}

function texts(written: ReturnType<typeof cardServer>["written"]): string[] {
  return written.map(({ messages }) => (messages[0] ? messageText(messages[0]) : ""));
}

describe("the editor", () => {
  it("keeps the draft while it is typed", async () => {
    const server = cardServer();
    const { user } = openPage(address);
    await user.type(await prompt(), "!");
    expect(screen.getByText("Keeping the draft …")).toBeVisible();
    await waitFor(() => expect(texts(server.written)).toEqual(["Hello {{ name }}!"]));
    expect(await screen.findByText(/^Draft kept/)).toBeVisible();
  });

  it("shows both texts when somebody else saved first, and writes none until one is chosen", async () => {
    const server = cardServer();
    const { user } = openPage(address);
    const field = await prompt();
    server.elsewhere("Their text");
    await user.type(field, " mine");
    const notice = await screen.findByText("Someone changed this draft before you:");
    expect(notice.closest("[role=alert]")).toHaveTextContent("Jonas Weber, just now.");
    expect(field).toHaveValue("Hello {{ name }} mine");
    await user.click(screen.getByRole("button", { name: "See the difference" }));
    const dialog = await screen.findByRole("dialog", { name: "Their draft and yours" });
    expect(dialog).toHaveTextContent("Their text");
    expect(dialog).toHaveTextContent("mine");
    expect(server.written).toEqual([]);
    await user.click(within(dialog).getByRole("button", { name: "Keep mine" }));
    await waitFor(() => expect(texts(server.written)).toEqual(["Hello {{ name }} mine"]));
    expect(screen.queryByText("Someone changed this draft before you:")).not.toBeInTheDocument();
  });

  it("takes their text, and gives mine back on undo", async () => {
    const server = cardServer();
    const { user } = openPage(address);
    const field = await prompt();
    server.elsewhere("Their text");
    await user.type(field, " mine");
    await user.click(await screen.findByRole("button", { name: "Take theirs" }));
    await waitFor(() => expect(field).toHaveValue("Their text"));
    await user.click(await screen.findByRole("button", { name: /Undo/ }));
    expect(field).toHaveValue("Hello {{ name }} mine");
  });

  it("says when the draft is not saved, and keeps it here", async () => {
    cardServer();
    const { user } = openPage(address);
    const field = await prompt();
    unreachable("/api/v1/workspaces/default/cards/grade-school-math/draft");
    await user.type(field, "!");
    expect(await screen.findByText(/Not saved\. The server does not answer\./)).toBeVisible();
    expect(field).toHaveValue("Hello {{ name }}!");
  });

  it("puts a problem under its message and mends it on a press", async () => {
    const server = cardServer({
      draft: content("{{ unit_name }}", { variables: [{ name: "unit", type: "text" }] }),
      preview: {
        messages: null,
        problems: [
          {
            pointer: "/messages/0/content/0/text",
            line: 1,
            column: 4,
            end_column: 13,
            message: "`unit_name` is not defined. Did you mean `unit`?",
          },
        ],
      },
    });
    const { user } = openPage(address);
    const field = await prompt();
    expect(await screen.findByText("1 problem")).toBeVisible();
    const message = screen.getByRole("region", { name: "Prompt" });
    expect(within(message).getByRole("listitem")).toHaveTextContent(
      "Line 1: unit_name is not defined. Did you mean unit?",
    );
    await user.click(within(message).getByRole("button", { name: "Use unit" }));
    expect(field).toHaveValue("{{ unit }}");
    await waitFor(() => expect(texts(server.written)).toEqual(["{{ unit }}"]));
  });

  it.each([[[{ name: "unit", type: "text" as const, required: true }]], [[]]])(
    "blames no template for a value that is not given yet, defined: %j",
    async (variables) => {
      cardServer({
        draft: content("{{ unit }}", { variables }),
        preview: {
          messages: null,
          problems: [
            {
              pointer: "/messages/0/content/0/text",
              line: 1,
              column: 4,
              end_column: 8,
              message: "`unit` is not defined.",
            },
          ],
        },
      });
      openPage(address);
      expect(await screen.findByText(/has no value\. Give it one above/)).toHaveTextContent(
        /^unit has no value/,
      );
      expect(screen.queryByText("1 problem")).not.toBeInTheDocument();
    },
  );

  it("defines a variable that the template uses", async () => {
    const server = cardServer({
      preview: {
        messages: null,
        found_variables: [
          { name: "name", required: true, suggested_type: "text", message_index: 0, line: 1, column: 10 },
        ],
      },
    });
    const { user } = openPage(address);
    expect(await screen.findByText("text, required, found in the template")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "What name takes" }));
    await user.selectOptions(screen.getByLabelText("Type"), "Number");
    await waitFor(() =>
      expect(server.written.at(-1)?.variables).toEqual([{ name: "name", type: "number", required: true }]),
    );
  });

  it("renders with the values of the first case, then with what is typed", async () => {
    const server = cardServer({
      draft: content("Hello {{ name }}", { variables: [{ name: "name", type: "text", required: true }] }),
      cases: [testCase(0, { content: { variables: { name: "Ada" }, assertions: [] } })],
      preview: { messages: content("Hello Ada").messages, estimated_tokens: 3 },
    });
    const { user } = openPage(address);
    const preview = await screen.findByRole("region", { name: "Preview" });
    await waitFor(() => expect(server.asked.at(-1)?.variables).toEqual({ name: "Ada" }));
    expect(await within(preview).findByText("Ada")).toHaveClass("subst");
    expect(preview).toHaveTextContent("about 3 tokens");
    await user.type(screen.getByLabelText(/^name/), "!");
    await waitFor(() => expect(server.asked.at(-1)?.variables).toEqual({ name: "Ada!" }));
  });

  it("adds, moves and removes messages, and takes a removal back", async () => {
    cardServer({ draft: { ...content("one"), kind: "chat" } });
    const { user } = openPage(address);
    await user.click(await screen.findByRole("button", { name: "Add message" }));
    const second = await screen.findByRole("textbox", { name: "Message 2, assistant" });
    await user.type(second, "two");
    await user.click(screen.getByRole("button", { name: "More for message 2" }));
    await user.click(await screen.findByRole("menuitem", { name: "Move up" }));
    expect(await screen.findByRole("textbox", { name: "Message 1, assistant" })).toHaveValue("two");
    await user.click(screen.getByRole("button", { name: "More for message 1" }));
    await user.click(await screen.findByRole("menuitem", { name: "Remove" }));
    expect(screen.queryByRole("textbox", { name: /Message 2/ })).not.toBeInTheDocument();
    await user.click(await screen.findByRole("button", { name: /Undo/ }));
    expect(await screen.findByRole("textbox", { name: "Message 2, user" })).toHaveValue("one");
  });

  it("sets parameters of the model call and leaves out what is empty", async () => {
    const server = cardServer();
    const { user } = openPage(address);
    await prompt();
    await user.click(screen.getByText("Parameters of the model call"));
    await user.type(screen.getByLabelText(/^Temperature/), "0.5");
    await user.type(screen.getByLabelText(/^Seed/), "1.5");
    await user.selectOptions(screen.getByLabelText("Thinking"), "Off");
    expect(screen.getByText("Use a whole number")).toBeVisible();
    await waitFor(() =>
      expect(server.written.at(-1)?.parameters).toEqual({ temperature: 0.5, seed: 1, think: false }),
    );
  });
});

describe("saving a version", () => {
  it("shows what changes, keeps the draft first, and names the version", async () => {
    const server = cardServer();
    const { user } = openPage(address);
    await user.type(await prompt(), " and welcome");
    await user.keyboard("{Control>}s{/Control}");
    const dialog = await screen.findByRole("dialog", { name: "Review and save v2" });
    expect(await within(dialog).findByText(/and welcome/)).toBeVisible();
    await user.type(within(dialog).getByLabelText(/What this version changes/), "Be polite");
    await user.click(within(dialog).getByRole("button", { name: "Save v2" }));
    expect(await screen.findByText("v2 saved.")).toBeVisible();
    expect(server.messages).toEqual(["First", "Be polite"]);
    expect(texts(server.published).at(-1)).toBe("Hello {{ name }} and welcome");
    expect(await screen.findByRole("button", { name: "Review and save v3" })).toBeVisible();
  });

  it("says why a version is refused and keeps the message", async () => {
    cardServer({ draft: content("{{ broken") });
    on(
      "post",
      "/api/v1/workspaces/{ws}/cards/{slug}/versions",
      () => new Refusal(422, { code: "invalid", detail: "Line 1: the tag is not closed." }),
    );
    const { user } = openPage(address);
    await user.click(await screen.findByRole("button", { name: "Review and save v2" }));
    const dialog = await screen.findByRole("dialog");
    await user.type(within(dialog).getByLabelText(/What this version changes/), "Try");
    await user.click(within(dialog).getByRole("button", { name: "Save v2" }));
    expect(await within(dialog).findByText("Not saved. Line 1: the tag is not closed.")).toBeVisible();
    expect(within(dialog).getByLabelText(/What this version changes/)).toHaveValue("Try");
  });

  it("is not offered while nothing differs", async () => {
    cardServer();
    const { user } = openPage(address);
    await user.click(await screen.findByRole("button", { name: "Review and save v2" }));
    const dialog = await screen.findByRole("dialog");
    expect(await within(dialog).findByText("Nothing differs.")).toBeVisible();
    await user.type(within(dialog).getByLabelText(/What this version changes/), "Nothing");
    expect(within(dialog).getByRole("button", { name: "Save v2" })).toBeDisabled();
  });

  it("discards the draft and takes that back", async () => {
    cardServer({ draft: content("Changed") });
    const { user } = openPage(address);
    const field = await prompt();
    await user.click(await screen.findByRole("button", { name: "Discard" }));
    await waitFor(() => expect(field).toHaveValue("Hello {{ name }}"));
    await user.click(await screen.findByRole("button", { name: /Undo/ }));
    expect(field).toHaveValue("Changed");
  });
});

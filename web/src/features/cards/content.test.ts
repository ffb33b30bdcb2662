import { describe, expect, it } from "vitest";
import type { CardContent } from "@/api/types";
import { content } from "@/test/fixtures";
import {
  changedSections,
  messageText,
  sameContent,
  withKind,
  withMessage,
  withMoved,
  withVariable,
} from "./content";

const chat: CardContent = withMessage(withKind(content("first"), "chat"));

describe("contents of cards", () => {
  it("are the same when only what says nothing differs", () => {
    const { variables: _v, parameters: _p, ...bare } = content("x");
    expect(sameContent(bare, content("x"))).toBe(true);
    expect(
      sameContent(
        content("x", { variables: [{ name: "a", type: "text" }] }),
        content("x", { variables: [{ type: "text", name: "a", required: false, allowed_values: [] }] }),
      ),
    ).toBe(true);
    expect(sameContent(content("x", { parameters: { stop: [] } }), content("x"))).toBe(true);
    expect(sameContent(content("x"), content("x "))).toBe(false);
    expect(sameContent(content("x", { parameters: { seed: 0 } }), content("x"))).toBe(false);
  });

  it("add the other side's message and move it", () => {
    expect(chat.messages.map(({ role }) => role)).toEqual(["user", "assistant"]);
    expect(withMoved(chat, 1, -1).messages.map(({ role }) => role)).toEqual(["assistant", "user"]);
  });

  it("lose no text when a chat becomes a text", () => {
    const two = { ...chat, messages: [...chat.messages, ...content("last").messages] };
    const text = withKind(two, "text");
    expect(text.messages).toHaveLength(1);
    expect(text.messages[0] && messageText(text.messages[0])).toBe("first\n\n\n\nlast");
    expect(text.messages[0]?.role).toBe("user");
  });

  it("replace the definition of a variable of the same name", () => {
    const once = withVariable(content("x"), { name: "a", type: "text" });
    const twice = withVariable(once, { name: "a", type: "number" });
    expect(twice.variables).toEqual([{ name: "a", type: "number" }]);
  });

  it("name what differs, part by part", () => {
    const before = content("same", { parameters: { temperature: 0 } });
    const after = content("same", {
      parameters: { temperature: 0.5 },
      variables: [{ name: "a", type: "text" }],
    });
    expect(changedSections(before, after)).toEqual([
      { title: "Variables", before: "", after: "a: text, optional" },
      { title: "Parameters", before: "temperature: 0", after: "temperature: 0.5" },
    ]);
    expect(changedSections(before, before)).toEqual([]);
  });

  it("say so when a message changes its role", () => {
    const other = {
      ...chat,
      messages: chat.messages.map((message) => ({ ...message, role: "system" as const })),
    };
    expect(changedSections(chat, other)[0]).toEqual({
      title: "system message 1, was user",
      before: "user: first",
      after: "system: first",
    });
  });
});

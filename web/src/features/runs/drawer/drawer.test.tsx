import { render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { formattedJson } from "./json";
import { Markdown } from "./Markdown";
import { parametersText } from "./ProvenancePart";

describe("JSON in an output", () => {
  it("gets lines, and keeps its numbers and texts as they are written", () => {
    expect(formattedJson(' {"a":1.0,"b":[12345678901234567890,"x, {y}: \\"z\\""],"c":{},"d":[]} ')).toBe(
      '{\n  "a": 1.0,\n  "b": [\n    12345678901234567890,\n    "x, {y}: \\"z\\""\n  ],\n  "c": {},\n  "d": []\n}',
    );
  });

  it("is not found in other texts", () => {
    expect(["", "12", "{not json}", '"text"', "[1] and more"].map(formattedJson)).toEqual([
      null,
      null,
      null,
      null,
      null,
    ]);
  });
});

describe("Markdown in an output", () => {
  it("loads nothing and leads nowhere", () => {
    const { container } = render(
      <Markdown
        text={"![p](https://a.example/p.png) [l](https://b.example) <img src=x onerror=alert(1)>\n\n# Head"}
      />,
    );
    expect(container.querySelector("img, a, h1")).toBeNull();
    expect(container.textContent).toContain("https://a.example/p.png");
    expect(container.textContent).toContain("https://b.example");
    expect(container.textContent).toContain("<img src=x onerror=alert(1)>");
    expect(screen.getByText("Head").tagName).toBe("P");
  });
});

describe("parameters", () => {
  it("are said as far as they were set", () => {
    expect(parametersText({ temperature: 0, seed: 7, top_p: null, stop: [], options: {} })).toBe(
      "temperature 0, seed 7",
    );
    expect(parametersText({ stop: ["\n"] })).toBe('stop ["\\n"]');
    expect(parametersText({})).toBe("the model server's own");
  });
});

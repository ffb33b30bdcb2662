import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, it } from "vitest";
import type { ModelParameters } from "@/api/types";
import { ParametersForm } from "./ParametersForm";

let last: ModelParameters;

function Form({ first }: { first: ModelParameters }) {
  const [value, setValue] = useState(first);
  last = value;
  return <ParametersForm value={value} onChange={setValue} />;
}

it("says what a model is asked with, and leaves out what is empty", async () => {
  const user = userEvent.setup();
  render(<Form first={{ temperature: 0.5, stop: ["END"] }} />);
  const field = (name: RegExp) => screen.getByLabelText(name);

  await user.clear(field(/^Temperature/));
  await user.type(field(/^Seed/), "7");
  await user.type(field(/^Keep loaded/), "5m");
  await user.type(field(/^Stop/), "{Enter}###");
  await user.selectOptions(field(/^Thinking/), "Off");
  expect(last).toEqual({ seed: 7, keep_alive: "5m", stop: ["END", "###"], think: false });

  await user.selectOptions(field(/^Thinking/), "High");
  await user.type(field(/^Format/), "json");
  await user.type(field(/^Other options/), '{{"mirostat": 1}');
  expect(last).toMatchObject({ think: "high", format: "json", options: { mirostat: 1 } });

  await user.selectOptions(field(/^Thinking/), "As the model does");
  await user.clear(field(/^Stop/));
  await user.clear(field(/^Other options/));
  expect(Object.keys(last).sort()).toEqual(["format", "keep_alive", "seed"]);
});

it("keeps the last value that was one while something else is typed", async () => {
  const user = userEvent.setup();
  render(<Form first={{ seed: 7 }} />);
  await user.type(screen.getByLabelText(/^Seed/), ".5");
  expect(screen.getByText("Use a whole number")).toBeVisible();
  expect(last).toEqual({ seed: 7 });
  await user.type(screen.getByLabelText(/^Temperature/), "warm");
  expect(screen.getByText("Use a number")).toBeVisible();
  await user.type(screen.getByLabelText(/^Other options/), "{{");
  expect(screen.getByText(/^Write JSON/)).toBeVisible();
  expect(last).toEqual({ seed: 7 });
});

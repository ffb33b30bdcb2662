import { render, screen } from "@testing-library/react";
import { Suspense } from "react";
import { expect, it } from "vitest";
import { useCodeMissing } from "@/lib/code";
import { lazily } from "./lazily";

function Banner() {
  return useCodeMissing() ? <p>something is missing</p> : null;
}

it("a part that does not come is stood in for, said, and asked for again when it is shown again", async () => {
  let comes = false;
  let asked = 0;
  const Part = lazily<{ text: string }>(
    "part",
    async () => {
      asked += 1;
      if (!comes) throw new TypeError("Failed to fetch dynamically imported module");
      return ({ text }) => <p>whole {text}</p>;
    },
    ({ text }) => <p>plain {text}</p>,
  );
  const shown = (
    <>
      <Banner />
      <Suspense fallback={<p>loading</p>}>
        <Part text="one" />
      </Suspense>
    </>
  );
  const page = render(shown);
  expect(await screen.findByText("plain one")).toBeVisible();
  expect(screen.getByText("something is missing")).toBeVisible();
  expect(asked).toBe(1);
  comes = true;
  page.rerender(<Banner />);
  page.rerender(shown);
  expect(await screen.findByText("whole one")).toBeVisible();
  expect(screen.queryByText("something is missing")).toBeNull();
  expect(asked).toBe(2);
});

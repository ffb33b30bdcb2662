// How people move through a long table. Each gesture needs a scroller under the pointer.
import type { Locator, Page } from "@playwright/test";

export interface Gesture {
  name: string;
  act: (page: Page, scroller: Locator) => Promise<void>;
}

/** Turns of the wheel, one after the other, as fast as the page takes them. */
function wheel(pixels: number, turns: number): Gesture["act"] {
  return async (page, scroller) => {
    await scroller.evaluate((element) => element.scrollTo(0, 0));
    await scroller.hover({ position: { x: 400, y: 300 } });
    for (let turn = 0; turn < turns; turn += 1) await page.mouse.wheel(0, pixels);
  };
}

/** Lets so many frames go by. */
function frames(page: Page, count: number): Promise<void> {
  return page.evaluate(
    (count) =>
      new Promise<void>((resolve) => {
        const next = (left: number) => (left === 0 ? resolve() : requestAnimationFrame(() => next(left - 1)));
        next(count);
      }),
    count,
  );
}

function keys(...names: string[]): Gesture["act"] {
  return async (page, scroller) => {
    await scroller.evaluate((element) => element.scrollTo(0, 0));
    await scroller.focus();
    for (const name of names) {
      await page.keyboard.press(name);
      await frames(page, 4);
    }
  };
}

/** Takes the scroll bar from the top to the bottom and back. */
async function drag(page: Page, scroller: Locator): Promise<void> {
  await scroller.evaluate((element) => element.scrollTo(0, 0));
  const box = await scroller.boundingBox();
  if (!box) throw new Error("The scroller is not there.");
  const x = box.x + box.width - 5;
  await page.mouse.move(x, box.y + 8);
  await page.mouse.down();
  for (const down of [true, false]) {
    for (let step = 1; step <= 90; step += 1) {
      const share = down ? step / 90 : 1 - step / 90;
      await page.mouse.move(x, box.y + 8 + share * (box.height - 16));
    }
  }
  await page.mouse.up();
  if ((await scroller.evaluate((element) => element.scrollTop)) > 2_000) {
    throw new Error("The scroll bar did not follow the pointer.");
  }
}

/** Nobody touches anything: what moves is what comes in. */
export const WATCH: Gesture = { name: "watched for 300 frames", act: (page) => frames(page, 300) };

const repeated = (name: string, times: number) => Array.from({ length: times }, () => name);

export const GESTURES: Gesture[] = [
  { name: "wheel, 120 px a turn", act: wheel(120, 180) },
  { name: "wheel, 600 px a turn", act: wheel(600, 180) },
  { name: "fling through all, 3,000 px a turn", act: wheel(3_000, 160) },
  { name: "PageDown, PageUp", act: keys(...repeated("PageDown", 30), ...repeated("PageUp", 15)) },
  { name: "End, Home", act: keys("End", "Home", "End", "Home", "End", "Home") },
  { name: "scroll bar, down and up", act: drag },
];

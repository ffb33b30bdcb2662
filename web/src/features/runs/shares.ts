import type { Counts } from "@/api/types";
import type { Share } from "@/components/Rate";

/** The finished cells of a run as parts of a bar; the rest of the bar is what is still open. */
export function sharesOf(counts: Counts): Share[] {
  return [
    { kind: "pass", value: counts.pass },
    { kind: "fail", value: counts.fail },
    { kind: "error", value: counts.error },
    { kind: "invalid", value: counts.invalid },
    { kind: "same", value: counts.unjudged + counts.cancelled },
  ];
}

import { Icon, type IconName } from "./Icon";

export type Mark = "pass" | "fail" | "error" | "invalid" | "live" | "wait" | "none";

const WORDS: Record<Mark, string> = {
  pass: "Pass",
  fail: "Fail",
  error: "Error",
  invalid: "Invalid",
  live: "In progress",
  wait: "Waiting",
  none: "No assertion",
};

function drawing(mark: Mark): IconName {
  return mark === "none" ? "stop" : mark;
}

/** Shape and colour, its word only read out: for dense rows. */
export function VerdictMark({ mark, word = WORDS[mark] }: { mark: Mark; word?: string }) {
  return (
    <span className={`v v--${mark}`} title={word}>
      <Icon name={drawing(mark)} />
      <span className="sr">{word}</span>
    </span>
  );
}

/** Shape, colour and word. */
export function VerdictChip({ mark, word = WORDS[mark] }: { mark: Mark; word?: string }) {
  return (
    <span className={`v v--chip v--${mark}`}>
      <Icon name={drawing(mark)} />
      {word}
    </span>
  );
}

/** Says that no model was asked. Stands wherever such an answer, or a rate of such answers, is shown. */
export function Simulated() {
  return <span className="sim">simulated</span>;
}

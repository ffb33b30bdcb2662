const seconds = new Intl.DateTimeFormat("en", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const minutes = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat("en", { month: "short", day: "numeric" });

/** A moment of these days: `14:06:41`, `yesterday 21:45`, `Nov 21, 14:02`. */
export function clock(iso: string, now: Date): string {
  const then = new Date(iso);
  if (then.toDateString() === now.toDateString()) return seconds.format(then);
  const yesterday = new Date(now);
  yesterday.setDate(now.getDate() - 1);
  const time = minutes.format(then);
  return then.toDateString() === yesterday.toDateString()
    ? `yesterday ${time}`
    : `${day.format(then)}, ${time}`;
}

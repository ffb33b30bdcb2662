import { useEffect, useState } from "react";

const time = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat("en", { month: "short", day: "numeric" });
const dayOfYear = new Intl.DateTimeFormat("en", { year: "numeric", month: "short", day: "numeric" });
const exactly = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" });

/** How long ago, as short as it can be said: `just now`, `4 min ago`, `today 14:02`, `Nov 21`. */
export function ago(iso: string, now: Date): string {
  const then = new Date(iso);
  const seconds = Math.round((now.getTime() - then.getTime()) / 1000);
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (then.toDateString() === now.toDateString()) return `today ${time.format(then)}`;
  const yesterday = new Date(now);
  yesterday.setDate(now.getDate() - 1);
  if (then.toDateString() === yesterday.toDateString()) return "yesterday";
  return then.getFullYear() === now.getFullYear() ? day.format(then) : dayOfYear.format(then);
}

/** Date and time to the second, for a tooltip. */
export function exact(iso: string): string {
  return exactly.format(new Date(iso));
}

/** The present moment, looked at again every `everyMs`. */
export function useNow(everyMs: number): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** The day of a moment, with its year: `Nov 21, 2026`. */
export function onDay(iso: string): string {
  return dayOfYear.format(new Date(iso));
}

/** Hours and minutes of a moment: `14:02`. */
export function atTime(iso: string): string {
  return time.format(new Date(iso));
}

import type { ReactNode } from "react";

// Drawn on 16 × 16. Strokes follow the text colour; the marks of verdicts are filled, so that shape alone tells.
const DRAWINGS = {
  book: <path d="M3 2.5h8.5a1 1 0 0 1 1 1v10H4.5a1.5 1.5 0 0 1 0-3h8M3 2.5v9.5" />,
  budget: <path d="M2.5 12a5.5 5.5 0 1 1 11 0M8 12l2.5-4.5" />,
  card: (
    <>
      <rect x="2.5" y="3.5" width="11" height="9" rx="1.5" />
      <path d="M5 6.5h6M5 9.5h4" />
    </>
  ),
  check: <path d="m3.5 8.5 3 3 6-7" />,
  columns: (
    <>
      <rect x="2.5" y="3" width="11" height="10" rx="1" />
      <path d="M6.2 3v10M9.8 3v10" />
    </>
  ),
  compare: <path d="M5 2.5v11M2.5 5 5 2.5 7.5 5M11 13.5v-11M8.5 11l2.5 2.5 2.5-2.5" />,
  copy: (
    <>
      <rect x="5.5" y="5.5" width="8" height="8" rx="1" />
      <path d="M3.5 10.5h-1v-8h8v1" />
    </>
  ),
  database: (
    <>
      <ellipse cx="8" cy="4" rx="5" ry="1.8" />
      <path d="M3 4v8c0 1 2.2 1.8 5 1.8s5-.8 5-1.8V4M3 8c0 1 2.2 1.8 5 1.8S13 9 13 8" />
    </>
  ),
  disk: (
    <>
      <rect x="2.5" y="4" width="11" height="8" rx="1.5" />
      <path d="M5 9.5h2.5M11 9.5h.01" />
    </>
  ),
  down: <path d="m4 6 4 4 4-4" />,
  filter: <path d="M2.5 4h11M4.5 8h7M6.5 12h3" />,
  folder: <path d="M2.5 12.5v-9h4l1.5 2h5.5v7z" />,
  get: <path d="M8 2.5v8M5 7.5l3 3 3-3M3 13.5h10" />,
  health: <path d="M1.5 8.5h3L6.5 4l3 8.5 2-4h3" />,
  home: <path d="M2.5 7 8 2.5 13.5 7v6.5h-4v-4h-3v4h-4z" />,
  info: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path d="M8 7.5V11M8 5h.01" />
    </>
  ),
  key: (
    <>
      <circle cx="5.5" cy="10.5" r="3" />
      <path d="m7.7 8.3 5.8-5.8M11 5l2 2" />
    </>
  ),
  keyboard: (
    <>
      <rect x="1.5" y="4" width="13" height="8" rx="1.5" />
      <path d="M4.5 6.5h.01M7 6.5h.01M9.5 6.5h.01M12 6.5h-.01M5 9.5h6" />
    </>
  ),
  mark: (
    <>
      <rect x="1.5" y="4.5" width="10" height="9" rx="1.5" />
      <path d="M4.5 4.5v-2h10v9h-3" />
      <path d="m4 9 1.8 1.8L9 7.5" />
    </>
  ),
  model: (
    <>
      <rect x="4" y="4" width="8" height="8" rx="1" />
      <path d="M6.5 4V2M9.5 4V2M6.5 14v-2M9.5 14v-2M4 6.5H2M4 9.5H2M14 6.5h-2M14 9.5h-2" />
    </>
  ),
  more: <path d="M3.5 8h.01M8 8h.01M12.5 8h.01" strokeWidth="2" />,
  pause: <path d="M5.5 3.5v9M10.5 3.5v9" />,
  pencil: <path d="m3 13 .7-3L11 2.7 13.3 5 6 12.3z" />,
  people: (
    <>
      <circle cx="6" cy="5.5" r="2.3" />
      <path d="M1.5 13c.4-2.6 2.2-4 4.5-4s4.1 1.4 4.5 4M10.5 3.4a2.3 2.3 0 0 1 0 4.2M12.2 9.4c1.3.6 2.1 1.8 2.3 3.6" />
    </>
  ),
  person: (
    <>
      <circle cx="8" cy="5.5" r="2.5" />
      <path d="M3 13.5c.4-2.8 2.4-4.3 5-4.3s4.6 1.5 5 4.3" />
    </>
  ),
  plus: <path d="M8 3.5v9M3.5 8h9" />,
  pointer: <path d="M6 3.5h7.5v9H6L2 8z" />,
  retry: <path d="M13 8a5 5 0 1 1-1.5-3.6M13 2.5V5h-2.5" />,
  right: <path d="m6 4 4 4-4 4" />,
  run: <path d="M4.5 3v10l8-5z" />,
  search: (
    <>
      <circle cx="7" cy="7" r="4.5" />
      <path d="m10.5 10.5 3 3" />
    </>
  ),
  share: (
    <path d="M6.5 9.5a2.5 2.5 0 0 0 3.6 0l2.3-2.3a2.5 2.5 0 0 0-3.6-3.6l-.6.6M9.5 6.5a2.5 2.5 0 0 0-3.6 0L3.6 8.8a2.5 2.5 0 0 0 3.6 3.6l.6-.6" />
  ),
  theme: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path d="M8 2.5v11a5.5 5.5 0 0 0 0-11z" fill="currentColor" />
    </>
  ),
  undo: <path d="M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M3 6.5 5.5 4M3 6.5 5.5 9" />,
  up: <path d="m4 10 4-4 4 4" />,
  x: <path d="m4 4 8 8M12 4l-8 8" />,
  pass: (
    <>
      <circle cx="8" cy="8" r="6" fill="currentColor" stroke="none" />
      <path d="m5.3 8.2 1.9 1.9 3.5-4" stroke="var(--bg)" />
    </>
  ),
  fail: (
    <>
      <rect x="2.5" y="2.5" width="11" height="11" rx="2" fill="currentColor" stroke="none" />
      <path d="m5.8 5.8 4.4 4.4M10.2 5.8l-4.4 4.4" stroke="var(--bg)" />
    </>
  ),
  error: (
    <>
      <path d="M8 2.2 14.2 13.3H1.8z" fill="currentColor" strokeWidth="1" />
      <path d="M8 6.5v3M8 11.5v.01" stroke="var(--bg)" />
    </>
  ),
  invalid: (
    <>
      <path d="M8 1.8 14.2 8 8 14.2 1.8 8z" />
      <path d="M5.5 8h5" />
    </>
  ),
  live: (
    <>
      <circle cx="8" cy="8" r="5.2" opacity=".3" />
      <path d="M8 2.8a5.2 5.2 0 0 1 5.2 5.2" strokeWidth="2" />
    </>
  ),
  stop: (
    <>
      <circle cx="8" cy="8" r="5.2" />
      <path d="M5.5 8h5" />
    </>
  ),
  wait: <circle cx="8" cy="8" r="5.2" strokeDasharray="1.5 2.6" />,
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof DRAWINGS;

/** A drawing beside a word, or in a control that names itself; never read out. */
export function Icon({ name, small = false }: { name: IconName; small?: boolean }) {
  const turning = name === "live" ? " i--live" : "";
  return (
    <svg className={`i${small ? " i--12" : ""}${turning}`} viewBox="0 0 16 16" aria-hidden="true">
      {DRAWINGS[name]}
    </svg>
  );
}

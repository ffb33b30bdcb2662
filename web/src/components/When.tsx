import { ago, exact, useNow } from "@/lib/time";

/** How long ago something happened, kept up to date; the exact time on hover. */
export function When({ at }: { at: string }) {
  const now = useNow(10_000);
  return (
    <time dateTime={at} title={exact(at)}>
      {ago(at, now)}
    </time>
  );
}

import { Link } from "@tanstack/react-router";
import { Frame } from "./Frame";

const WHENCE = {
  setup:
    "The server printed the link when it started, and keeps it in the file setup-token of its data folder. Copy all of it.",
  invitation: "Copy all of the link that you were given, or ask for another one.",
  reset: "Copy all of the link that you were given, or ask an admin for another one.",
} as const;

/** The address of a link that works once, without its secret. */
export function NotWhole({ kind }: { kind: keyof typeof WHENCE }) {
  return (
    <Frame title="The link is not whole">
      <h1>The link is not whole</h1>
      <p>
        Its last part, after the <span className="mono">#</span>, is missing. After a reload it is gone from
        the address, too. {WHENCE[kind]}
      </p>
      <Link className="btn" to="/">
        Sign in
      </Link>
    </Frame>
  );
}

import type { ComponentProps } from "react";
import ReactMarkdown from "react-markdown";
import remarkGfm from "remark-gfm";

// What a model writes must not make the page ask anybody for anything: pictures are named, not loaded, and a link
// is text with its address beside it.
const PARTS: ComponentProps<typeof ReactMarkdown>["components"] = {
  img: ({ alt, src }) => (
    <span className="hint">
      [picture{alt ? `: ${alt}` : ""}, {typeof src === "string" ? src : "no address"}]
    </span>
  ),
  a: ({ href, children }) => (
    <>
      <span className="md__link">{children}</span>
      {href && <span className="hint"> ({href})</span>}
    </>
  ),
  input: ({ checked }) => (checked ? "[x] " : "[ ] "),
  // A head in an output is no head of this page.
  h1: ({ children }) => <p className="md__head">{children}</p>,
  h2: ({ children }) => <p className="md__head">{children}</p>,
  h3: ({ children }) => <p className="md__head">{children}</p>,
  h4: ({ children }) => <p className="md__head">{children}</p>,
  h5: ({ children }) => <p className="md__head">{children}</p>,
  h6: ({ children }) => <p className="md__head">{children}</p>,
};

const PLUGINS = [remarkGfm];

/** An output as Markdown. HTML in it stays text. */
export function Markdown({ text }: { text: string }) {
  return (
    <div className="md">
      <ReactMarkdown remarkPlugins={PLUGINS} components={PARTS} urlTransform={(address) => address}>
        {text}
      </ReactMarkdown>
    </div>
  );
}

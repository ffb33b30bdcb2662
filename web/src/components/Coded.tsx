/** A sentence whose words in backticks are code. */
export function Coded({ text }: { text: string }) {
  return text.split(/`([^`]*)`/).map((part, index) =>
    index % 2 === 1 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a sentence have no name but their place
      <span className="mono" key={index}>
        {part}
      </span>
    ) : (
      part
    ),
  );
}

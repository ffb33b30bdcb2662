import { type DiffRow, lineDiff, type Piece } from "@/lib/lineDiff";

/** A change of a text, in red and green with its signs; the words that changed are set off. */
export function Diff({ before, after, split = false }: { before: string; after: string; split?: boolean }) {
  const rows = lineDiff(before, after);
  if (split) {
    return (
      <div className="diff diff--split">
        <Side rows={rows.filter((row) => row.kind !== "add")} side="before" />
        <Side rows={rows.filter((row) => row.kind !== "del")} side="after" />
      </div>
    );
  }
  return (
    <div className="diff">
      {rows.map((row) => (
        <div
          className={`diff__line${row.kind === "same" ? "" : ` diff__line--${row.kind}`}`}
          key={keyOf(row)}
        >
          <span className="diff__n">{row.before}</span>
          <span className="diff__n">{row.after}</span>
          <Line row={row} />
        </div>
      ))}
    </div>
  );
}

function Side({ rows, side }: { rows: DiffRow[]; side: "before" | "after" }) {
  return (
    <div>
      {rows.map((row) => (
        <div
          className={`diff__line diff__line--half${row.kind === "same" ? "" : ` diff__line--${row.kind}`}`}
          key={keyOf(row)}
        >
          <span className="diff__n">{row[side]}</span>
          <Line row={row} />
        </div>
      ))}
    </div>
  );
}

function keyOf(row: DiffRow): string {
  return `${row.before ?? ""}:${row.after ?? ""}`;
}

function Line({ row }: { row: DiffRow }) {
  return (
    <>
      <span className="diff__s">{row.kind === "add" ? "+" : row.kind === "del" ? "−" : ""}</span>
      <span className="diff__t">
        {row.pieces.map((piece, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no name but their place
          <Word key={index} piece={piece} kind={row.kind} />
        ))}
      </span>
    </>
  );
}

function Word({ piece, kind }: { piece: Piece; kind: DiffRow["kind"] }) {
  if (!piece.changed) return piece.text;
  return kind === "add" ? <ins>{piece.text}</ins> : <del>{piece.text}</del>;
}

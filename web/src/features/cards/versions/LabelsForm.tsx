import { useState } from "react";
import { useRights } from "@/api/sessionState";
import type { Card } from "@/api/types";
import { Button } from "@/components/Button";
import { TextField } from "@/components/Fields";
import { LabelChip } from "@/components/Labels";
import { isSlug } from "@/lib/slug";
import { useMoveLabel } from "./labels";

const USUAL = ["production", "staging"];

/** Which labels point to this version, and how to bring another one here. */
export function LabelsForm({ card, version }: { card: Card; version: number }) {
  const move = useMoveLabel(card.slug);
  const { edit } = useRights();
  const [name, setName] = useState("");
  const names = [...new Set([...card.labels.map((label) => label.name), ...USUAL])];
  const wrong = name !== "" && !isSlug(name);
  const from = (label: string) => card.labels.find((pointer) => pointer.name === label)?.version ?? null;
  return (
    <section className="part" aria-label="Labels">
      <div className="part__head">
        <h3>Labels</h3>
        <span className="hint">Applications ask for a label, so moving one is deployment.</span>
      </div>
      <ul className="label-rows">
        {names.map((label) => {
          const at = from(label);
          return (
            <li className="line" key={label}>
              <LabelChip name={label} />
              <span className="dim">
                {at === null ? "points nowhere" : at === version ? "here" : `at v${at}`}
              </span>
              {edit && (
                <span className="push">
                  {at === version ? (
                    <Button kind="quiet" onClick={() => move.mutate({ label, to: null, from: at })}>
                      Take away
                    </Button>
                  ) : (
                    <Button kind="quiet" onClick={() => move.mutate({ label, to: version, from: at })}>
                      {at === null ? "Put here" : "Move here"}
                    </Button>
                  )}
                </span>
              )}
            </li>
          );
        })}
      </ul>
      {edit && (
        <form
          className="line line--end"
          onSubmit={(event) => {
            event.preventDefault();
            if (name === "" || wrong) return;
            move.mutate({ label: name, to: version, from: from(name) });
            setName("");
          }}
        >
          <TextField
            label="Another label"
            className="input mono"
            value={name}
            maxLength={100}
            onChange={(event) => setName(event.target.value.trim())}
            placeholder="canary"
            error={wrong ? "Use lower case and hyphens, for example canary" : undefined}
          />
          <Button type="submit" className="btn--lg" disabled={name === "" || wrong}>
            Put here
          </Button>
        </form>
      )}
    </section>
  );
}

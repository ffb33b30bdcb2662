import { Kbd } from "@/components/Button";
import { Dialog } from "@/components/Layers";
import { MOD_KEY } from "@/lib/hotkeys";
import { usePlaces } from "./places";

const KEYS: { where: string; keys: [string[], string][] }[] = [
  {
    where: "Everywhere",
    keys: [
      [[`${MOD_KEY}K`], "Search or jump to"],
      [["/"], "Search in this list"],
      [["C"], "New card"],
      [["N"], "New run"],
      [["Z"], "Undo what the last message says"],
      [["Esc"], "Close what is open"],
    ],
  },
  {
    where: "On a card",
    keys: [
      [["E"], "Edit"],
      [[`${MOD_KEY}S`], "Review and save"],
      [["R"], "Run its cases"],
    ],
  },
  {
    where: "On a run",
    keys: [
      [["J", "K"], "Next, previous"],
      [["Enter"], "Open"],
    ],
  },
];

/** Every key and what it does. */
export function KeyboardHelp({ open, onClose }: { open: boolean; onClose: () => void }) {
  const places = usePlaces().flat();
  const goes = {
    where: "Go to",
    keys: places.map(({ key, label }): [string[], string] => [["G", key.toUpperCase()], label]),
  };
  return (
    <Dialog open={open} onClose={onClose} title="Keyboard">
      {[...KEYS.slice(0, 1), goes, ...KEYS.slice(1)].map(({ where, keys }) => (
        <section className="part" key={where}>
          <h3>{where}</h3>
          <dl className="keys">
            {keys.map(([combination, what]) => (
              <div key={what}>
                <dt className="line line--tight">
                  {combination.map((key) => (
                    <Kbd key={key}>{key}</Kbd>
                  ))}
                  <span className="sr">{combination.join(" then ")}</span>
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <p className="after">
        <a href="/docs/">Documentation</a>
      </p>
    </Dialog>
  );
}

import { useRef, useState } from "react";
import { flushSync } from "react-dom";
import type { AssertionType, Outcome } from "@/api/types";
import { Button } from "@/components/Button";
import { toast } from "@/components/toasts";
import { AssertionFields } from "./AssertionFields";
import { type AssertionForm, errorsAt, newAssertion } from "./assertionForm";

interface Props {
  forms: AssertionForm[];
  types: AssertionType[];
  /** What is wrong, by pointer from the list. */
  errors: Record<string, string>;
  /** Why an assertion can never fail, by its place in the list. */
  flags?: Map<number, string>;
  outcomes: Outcome[] | undefined;
  /** The number of the set that the list is in. */
  set?: string;
  onChange: (forms: AssertionForm[]) => void;
}

/** The assertions of a case or of a set: added, taken out and put in order. */
export function AssertionList({ forms, types, errors, flags, outcomes, set, onChange }: Props) {
  const list = useRef<HTMLDivElement>(null);
  const [said, setSaid] = useState("");
  // A set has no sets.
  const offered = set === undefined ? types : types.filter((type) => !type.takes_assertions);
  const numberOf = (index: number) => (set === undefined ? `${index + 1}` : `${set}.${index + 1}`);

  /** Draws the changed list, then puts the focus where the hand goes on. */
  function changeTo(next: AssertionForm[], focus: (items: Element[]) => Element | null | undefined) {
    flushSync(() => onChange(next));
    const target = focus([...(list.current?.querySelectorAll(":scope > fieldset") ?? [])]);
    if (target instanceof HTMLElement) target.focus();
  }
  /** The first one moved up becomes the last, and the last one moved down the first. */
  function move(index: number, by: -1 | 1) {
    const to = (index + by + forms.length) % forms.length;
    // React gives the focus back to the button, wherever it goes.
    onChange(forms.toSpliced(index, 1).toSpliced(to, 0, ...forms.slice(index, index + 1)));
    setSaid(`Assertion ${numberOf(index)} is now ${numberOf(to)}.`);
  }
  function remove(index: number) {
    changeTo(
      forms.toSpliced(index, 1),
      (items) =>
        items[Math.min(index, items.length - 1)]?.querySelector("select") ??
        list.current?.querySelector(":scope > .btn"),
    );
    toast(`Assertion ${numberOf(index)} removed.`, { undo: () => onChange(forms) });
  }
  function add() {
    const form = newAssertion(offered[0]?.name ?? "equals");
    changeTo([...forms, form], (items) => items.at(-1)?.querySelector("[aria-label=Type]"));
  }

  return (
    <div className={set === undefined ? "assertions" : "assertions assertions--set"} ref={list}>
      {forms.map((form, index) => {
        const type = types.find((known) => known.name === form.name);
        const here = errorsAt(`/${index}`, errors);
        const change = (next: AssertionForm) => onChange(forms.map((one) => (one === form ? next : one)));
        return (
          <AssertionFields
            key={form.key}
            form={form}
            number={numberOf(index)}
            types={offered}
            errors={here}
            flag={flags?.get(index)}
            outcome={outcomes?.[index]}
            onChange={change}
            onMove={forms.length > 1 ? (by) => move(index, by) : undefined}
            onRemove={() => remove(index)}
          >
            {set === undefined && type?.takes_assertions && (
              <AssertionList
                forms={form.assert}
                types={types}
                errors={errorsAt("/assert", here)}
                outcomes={outcomes?.[index]?.outcomes}
                set={numberOf(index)}
                onChange={(assert) => change({ ...form, assert })}
              />
            )}
          </AssertionFields>
        );
      })}
      <Button kind="quiet" icon="plus" onClick={add}>
        {set === undefined ? "Add an assertion" : "Add to the set"}
      </Button>
      <span className="sr" role="status">
        {said}
      </span>
    </div>
  );
}

import { hashKey, useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { isStale, ProblemError, sentence } from "@/api/problem";
import { useRights } from "@/api/sessionState";
import type { AssertionType, Case, CaseContent, VariableDefinition } from "@/api/types";
import { Button } from "@/components/Button";
import { Coded } from "@/components/Coded";
import { Drawer } from "@/components/Drawer";
import { Checkbox, TextAreaField, TextField } from "@/components/Fields";
import { Menu } from "@/components/Layers";
import { Failure, SkeletonLines } from "@/components/States";
import { toast } from "@/components/toasts";
import { VariableInput } from "@/components/VariableInput";
import { VerdictChip } from "@/components/Verdict";
import { percent } from "@/lib/format";
import { useHotkeys } from "@/lib/hotkeys";
import { AssertionList } from "./AssertionList";
import { type AssertionForm, assertionOf, errorsAt } from "./assertionForm";
import { type CaseForm, caseFormOf, caseOf, variablesOf } from "./caseForm";
import { useAddCase, useDeleteCase, useSaveCase } from "./mutations";
import { assertionTypesQuery, caseQuery } from "./queries";
import { StaleNotice } from "./StaleNotice";
import { useTry } from "./useTry";

interface Props {
  suiteId: string;
  /** The case that is open; `new` for one that does not exist yet. */
  caseId: string;
  variables: VariableDefinition[];
  /** Forms that were closed without saving, by case: kept while the tab is open. */
  unsaved: Map<string, CaseForm>;
  /** What a new case starts with: a copy of another, or nothing. */
  copyOf: CaseContent | undefined;
  onClose: () => void;
  onDuplicate: (content: CaseContent) => void;
}

const EMPTY: CaseContent = { variables: {}, assertions: [] };

/** One case: what goes in, what must come out, and a try of it on a sample output. */
export function CaseDrawer(props: Props) {
  const isNew = props.caseId === "new";
  const types = useQuery(assertionTypesQuery);
  const found = useQuery({ ...caseQuery(props.suiteId, props.caseId), enabled: !isNew });
  const failed = types.error ?? (isNew ? null : found.error);
  if (failed && !(types.data && (isNew || found.data))) {
    return (
      <Drawer title="Case" onClose={props.onClose}>
        <Failure
          error={failed}
          onRetry={() => {
            void types.refetch();
            if (!isNew) void found.refetch();
          }}
        />
      </Drawer>
    );
  }
  if (!types.data || (!isNew && !found.data)) {
    return (
      <Drawer title="Case" onClose={props.onClose}>
        <SkeletonLines label="Loading the case" lines={8} />
      </Drawer>
    );
  }
  return <CaseEditor {...props} types={types.data} item={isNew ? undefined : found.data} />;
}

function CaseEditor({
  suiteId,
  caseId,
  variables,
  unsaved,
  copyOf,
  onClose,
  onDuplicate,
  types,
  item,
}: Props & { types: AssertionType[]; item: Case | undefined }) {
  // What the form was filled from. A newer one arrives by saving, or by a choice after a conflict.
  const [base, setBase] = useState(item);
  const original = base?.content ?? copyOf ?? EMPTY;
  const [form, setFormState] = useState(() => unsaved.get(caseId) ?? caseFormOf(original, types));
  const [sample, setSample] = useState("");
  const definitions = variablesOf(variables, original.variables ?? {});
  const { content, errors } = caseOf(form, definitions, types);
  const ready = Object.keys(errors).length === 0;
  const { judgement, error: tryError } = useTry(content, sample, ready);
  const add = useAddCase(suiteId);
  const save = useSaveCase(suiteId, caseId);
  const remove = useDeleteCase(suiteId);
  const saving = base ? save : add;
  const refused = saving.error instanceof ProblemError ? saving.error : undefined;
  const { edit } = useRights();
  const [told, setTold] = useState(false);
  const errorAt = (pointer: string) => (told ? errors[pointer] : undefined) ?? refused?.at(pointer);

  function setForm(next: CaseForm) {
    setFormState(next);
    unsaved.set(caseId, next);
  }
  function done(text: string) {
    unsaved.delete(caseId);
    toast(text);
    onClose();
  }
  function submit(etag = base?.etag) {
    setTold(true);
    if (!ready || saving.isPending) return;
    if (!base) add.mutate(content, { onSuccess: () => done("Case added.") });
    else
      save.mutate({ content, etag: etag ?? "" }, { onSuccess: () => done(`Case ${base.position} saved.`) });
  }
  useHotkeys({ "mod+enter": () => edit && submit() });
  const wasUnsaved = useRef(unsaved.has(caseId)).current;

  const title = base ? `Case ${base.position}` : "New case";
  return (
    <Drawer
      title={title}
      onClose={onClose}
      head={
        base &&
        edit && (
          <Menu
            label={`More for case ${base.position}`}
            items={[
              { label: "Duplicate", icon: "copy", onSelect: () => onDuplicate(content) },
              {
                label: "Delete",
                icon: "x",
                onSelect: () => {
                  unsaved.delete(caseId);
                  remove.mutate(base, { onSuccess: onClose });
                },
              },
            ]}
          />
        )
      }
      foot={
        edit && (
          <>
            <Button kind="primary" busy={saving.isPending} onClick={() => submit()}>
              {base ? "Save case" : "Add case"}
            </Button>
            {(wasUnsaved || unsaved.has(caseId)) && (
              <Button
                kind="quiet"
                onClick={() => {
                  setFormState(caseFormOf(original, types));
                  unsaved.delete(caseId);
                  saving.reset();
                }}
              >
                Discard changes
              </Button>
            )}
            {saving.isError && !isStale(saving.error) && (
              <span className="t-fail small" role="alert">
                Not saved. {sentence(saving.error)}
              </span>
            )}
            {told && !ready && <span className="t-fail small">Not saved: a field above needs a look.</span>}
          </>
        )
      }
    >
      {isStale(saving.error) && base && (
        <StaleNotice
          suiteId={suiteId}
          caseId={caseId}
          mine={content}
          onMine={(etag) => submit(etag)}
          onTheirs={(theirs) => {
            setBase(theirs);
            setFormState(caseFormOf(theirs.content, types));
            unsaved.delete(caseId);
            save.reset();
          }}
        />
      )}
      <fieldset className="contents" disabled={!edit}>
        <section className="part form">
          <TextField
            label="Description"
            hint="optional"
            value={form.description}
            maxLength={1000}
            error={errorAt("/description")}
            onChange={(event) => setForm({ ...form, description: event.target.value })}
          />
        </section>
        <section className="part" aria-label="Variables">
          <div className="part__head">
            <h3>Variables</h3>
          </div>
          {definitions.length === 0 && (
            <p className="hint">The card has none. A variable in its template gets a field here.</p>
          )}
          <div className="vars">
            {definitions.map((definition) => (
              <VariableInput
                key={definition.name}
                variable={definition}
                value={form.variables[definition.name] ?? ""}
                onChange={(text) =>
                  setForm({ ...form, variables: { ...form.variables, [definition.name]: text } })
                }
              />
            ))}
          </div>
        </section>
        <section className="part" aria-label="What must come out">
          <div className="part__head">
            <h3>What must come out</h3>
          </div>
          <div className="vars">
            <TextAreaField
              label="Expected output"
              note="Assertions without a value use it. Without any assertion the output must equal it."
              className="input mono"
              rows={1}
              value={form.expected}
              error={errorAt("/expected_output")}
              onChange={(event) =>
                setForm({ ...form, expected: event.target.value, hasExpected: event.target.value !== "" })
              }
            />
          </div>
          <AssertionList
            forms={form.assertions}
            types={types}
            errors={errorsAt("/assertions", { ...refusedAt(refused), ...(told || sample ? errors : {}) })}
            flags={base && flagsOf(base, form.assertions, types)}
            outcomes={judgement?.outcomes}
            onChange={(assertions) => {
              setForm({ ...form, assertions });
              // What the server said is of places: in another order it would stand at another assertion.
              if (!placesOf(assertions).startsWith(placesOf(form.assertions))) saving.reset();
            }}
          />
        </section>
      </fieldset>
      <section className="part" aria-label="Try">
        <div className="part__head">
          <h3>Try it on an output</h3>
          {judgement && (
            <span className="push line line--tight">
              {judgement.score !== null && judgement.score !== undefined && (
                <span className="hint num">score {percent(judgement.score)}%</span>
              )}
              <VerdictChip mark={judgement.verdict ?? "none"} />
            </span>
          )}
        </div>
        <TextAreaField
          label={<span className="sr">Sample output</span>}
          className="input mono"
          rows={3}
          placeholder="Paste an answer of a model to see what each assertion says."
          value={sample}
          onChange={(event) => setSample(event.target.value)}
        />
        {sample !== "" && !ready && (
          <p className="hint after">Not judged: an assertion above is not complete.</p>
        )}
        {tryError ? <p className="t-error small after">Not judged. {sentence(tryError)}</p> : null}
        {judgement?.reason && (
          <p className="small after">
            <Coded text={judgement.reason} />
          </p>
        )}
      </section>
      <details className="more part">
        <summary>Threshold and tags</summary>
        <fieldset className="form" disabled={!edit}>
          <TextField
            label="Threshold"
            hint="the score from which the case passes, 0 to 1"
            className="input num"
            inputMode="decimal"
            value={form.threshold}
            error={errorAt("/threshold")}
            note="Empty: every assertion must hold."
            onChange={(event) => setForm({ ...form, threshold: event.target.value })}
          />
          <TextField
            label="Tags"
            hint="separated by commas"
            value={form.tags}
            error={errorAt("/tags")}
            onChange={(event) => setForm({ ...form, tags: event.target.value })}
          />
          <Checkbox
            checked={form.hasExpected}
            onChange={(event) =>
              setForm({
                ...form,
                hasExpected: event.target.checked,
                expected: event.target.checked ? form.expected : "",
              })
            }
          >
            The case has an expected output, even if it is empty
          </Checkbox>
        </fieldset>
      </details>
    </Drawer>
  );
}

/** Why saved assertions can never fail, by their place, as far as they still stand there. */
function flagsOf(saved: Case, forms: AssertionForm[], types: AssertionType[]): Map<number, string> {
  const made = (form: AssertionForm | undefined) => form && hashKey([assertionOf(form, types).assertion]);
  const savedForms = caseFormOf(saved.content, types).assertions;
  const flags = saved.flags.filter(({ assertion_index: at }) => made(savedForms[at]) === made(forms[at]));
  return new Map(flags.map(({ assertion_index, message }) => [assertion_index, message]));
}

function placesOf(forms: AssertionForm[]): string {
  return forms.map(({ key, assert }) => `${key}(${placesOf(assert)})`).join();
}

/** What the server says of each value that it refused, by its pointer. */
function refusedAt(refused: ProblemError | undefined): Record<string, string> {
  return Object.fromEntries((refused?.problem.errors ?? []).map(({ pointer, detail }) => [pointer, detail]));
}

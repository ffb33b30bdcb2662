import { autocompletion, type CompletionContext, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorState, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  EditorView,
  keymap,
  lineNumbers,
  placeholder,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import { pageNonce } from "@/lib/nonce";
import { jinja } from "./jinja";
import type { PlacedProblem } from "./problems";

const highlighting = HighlightStyle.define([
  { tag: tags.variableName, class: "s-var" },
  { tag: tags.keyword, class: "s-tag" },
  { tag: tags.comment, class: "s-com" },
]);

const showProblems = StateEffect.define<PlacedProblem[]>();

const problemMarks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    let next = marks.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (effect.is(showProblems)) next = marksOf(effect.value, transaction.state);
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function marksOf(problems: PlacedProblem[], state: EditorState): DecorationSet {
  const { length } = state.doc;
  return Decoration.set(
    problems.flatMap(({ from, to }) => {
      const line = Decoration.line({ class: "has-problem" }).range(
        state.doc.lineAt(Math.min(from, length)).from,
      );
      const [start, end] = [Math.min(from, length), Math.min(to, length)];
      return start < end ? [line, Decoration.mark({ class: "s-bad" }).range(start, end)] : [line];
    }),
    true,
  );
}

interface Props {
  value: string;
  onChange: (value: string) => void;
  label: string;
  readOnly: boolean;
  problems: PlacedProblem[];
  /** Names to offer inside `{{ }}`. */
  variables: string[];
}

/** CodeMirror for one message. A chunk of its own: nothing else of the page needs it. */
export function TemplateEditor({ value, onChange, label, readOnly, problems, variables }: Props) {
  const parent = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const latest = useRef({ onChange, variables });
  useEffect(() => {
    latest.current = { onChange, variables };
  });

  const first = useRef({ value, label, readOnly });
  useEffect(() => {
    function complete(context: CompletionContext) {
      const word = context.matchBefore(/\{[{%]\s*(?:[\w.]+\s+)*\w*$/);
      if (!word) return null;
      const typed = /\w*$/.exec(word.text)?.[0] ?? "";
      return {
        from: context.pos - typed.length,
        options: latest.current.variables.map((name) => ({ label: name, type: "variable" })),
        validFor: /^\w*$/,
      };
    }
    const editor = new EditorView({
      parent: parent.current ?? undefined,
      state: EditorState.create({
        doc: first.current.value,
        extensions: [
          // The page's policy allows a style sheet only with the nonce of this answer.
          EditorView.cspNonce.of(pageNonce()),
          EditorView.contentAttributes.of({ "aria-label": first.current.label }),
          EditorState.readOnly.of(first.current.readOnly),
          EditorView.lineWrapping,
          lineNumbers(),
          history(),
          jinja,
          syntaxHighlighting(highlighting),
          problemMarks,
          autocompletion({ override: [complete], icons: false }),
          placeholder("Write the prompt. {{ name }} becomes a variable."),
          keymap.of([...completionKeymap, ...historyKeymap, ...defaultKeymap]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, []);

  useEffect(() => {
    const editor = view.current;
    const current = editor?.state.doc.toString();
    if (!editor || current === undefined || current === value) return;
    // Only what differs is replaced, so that the caret stays where it was.
    let start = 0;
    while (start < current.length && start < value.length && current[start] === value[start]) start += 1;
    let end = 0;
    const most = Math.min(current.length, value.length) - start;
    while (end < most && current[current.length - 1 - end] === value[value.length - 1 - end]) end += 1;
    editor.dispatch({
      changes: { from: start, to: current.length - end, insert: value.slice(start, value.length - end) },
    });
  }, [value]);

  useEffect(() => {
    view.current?.dispatch({ effects: showProblems.of(problems) });
  }, [problems]);

  return <div className="template" ref={parent} />;
}

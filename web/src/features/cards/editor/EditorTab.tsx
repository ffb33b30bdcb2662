import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { Card, CardContent } from "@/api/types";
import { Button } from "@/components/Button";
import { Segments } from "@/components/Fields";
import { Icon } from "@/components/Icon";
import type { MenuItem } from "@/components/Layers";
import { ParametersForm } from "@/components/ParametersForm";
import { toast } from "@/components/toasts";
import { casesQuery } from "@/features/cases";
import { plural } from "@/lib/format";
import {
  setParameters,
  withKind,
  withMessage,
  withMoved,
  withoutMessage,
  withoutVariable,
  withRole,
  withText,
  withVariable,
} from "../content";
import { ConflictNotice } from "../draft/ConflictNotice";
import { useDraft } from "../draft/DraftProvider";
import { DraftStatus } from "../draft/DraftStatus";
import { ChangesPart } from "./ChangesPart";
import { MessageEditor } from "./MessageEditor";
import { PreviewPart } from "./PreviewPart";
import { suggestion, textPointer, undefinedName } from "./problems";
import { usePreview } from "./usePreview";
import { knownVariables, useTryValues } from "./useVariables";
import { VariablesPart } from "./VariablesPart";
import { VersionsPart } from "./VersionsPart";
import "../versions/versions.css";
import "./editor.css";
import { useRights } from "@/api/sessionState";

/** The draft of a card: its messages on the left; what they need and what comes of them on the right. */
export function EditorTab({ card }: { card: Card }) {
  const { content, keeper } = useDraft();
  const rights = useRights();
  const values = useTryValues(content);
  useFirstCase(card.suite_id, values.load);
  const live = usePreview(card.slug, content, values.values);
  const variables = knownVariables(content, live.preview?.found_variables);
  // A variable without a value to try is no mistake of the template, unless its name looks like a slip of the hand.
  const defined = new Set((content.variables ?? []).map(({ name }) => name));
  const all = live.preview?.problems ?? [];
  const missing = all.filter((problem) => {
    const name = undefinedName(problem);
    return name !== null && (defined.has(name) || suggestion(problem) === null);
  });
  const problems = all.filter((problem) => !missing.includes(problem));
  const withoutValue = missing[0] ? undefinedName(missing[0]) : null;

  function edit(change: (content: CardContent) => CardContent) {
    keeper.edit(change(keeper.snapshot().content));
  }
  function define(name: string) {
    const found = variables.find(({ definition }) => definition.name === name)?.definition;
    edit((before) => withVariable(before, found ?? { name, type: "text", required: true }));
  }
  return (
    <div className="editor">
      <div className="editor__text">
        <ConflictNotice />
        <div className="line line--wrap">
          {rights.edit && <KindChoice content={content} onChange={(next) => keeper.edit(next)} />}
          <DraftStatus />
          {problems.length > 0 && (
            <span className="push v v--error">
              <Icon name="error" />
              {plural(problems.length, "problem")}
            </span>
          )}
        </div>
        {content.messages.map((message, index) => (
          <MessageEditor
            // biome-ignore lint/suspicious/noArrayIndexKey: messages have no name but their place
            key={index}
            message={message}
            readOnly={!rights.edit}
            {...(content.kind === "chat" ? { number: index + 1 } : {})}
            problems={problems.filter((problem) => problem.pointer === textPointer(index))}
            variables={variables.map(({ definition }) => definition.name)}
            menu={messageMenu(content, index, (next) => keeper.edit(next))}
            onText={(text) => edit((before) => withText(before, index, text))}
            onRole={(role) => edit((before) => withRole(before, index, role))}
            onDefine={define}
          />
        ))}
        {content.kind === "chat" && rights.edit && (
          <div>
            <Button kind="quiet" icon="plus" onClick={() => edit(withMessage)}>
              Add message
            </Button>
          </div>
        )}
        <details className="more">
          <summary>
            Parameters of the model call{" "}
            <span className="hint">
              {plural(Object.keys(setParameters(content.parameters)).length, "set", "set")}
            </span>
          </summary>
          <fieldset className="contents" disabled={!rights.edit}>
            <ParametersForm
              value={content.parameters ?? {}}
              onChange={(parameters) => edit((before) => ({ ...before, parameters }))}
            />
          </fieldset>
        </details>
        {card.latest_version !== null && (
          <ChangesPart slug={card.slug} latest={card.latest_version} content={content} />
        )}
      </div>
      <div className="editor__side">
        <VariablesPart
          suiteId={card.suite_id}
          variables={variables}
          values={values}
          readOnly={!rights.edit}
          onDefine={(definition) => edit((before) => withVariable(before, definition))}
          onRemove={(name) => edit((before) => withoutVariable(before, name))}
        />
        <PreviewPart live={live} withoutValue={withoutValue} />
        <VersionsPart card={card} />
      </div>
    </div>
  );
}

/** Fills the variables with those of the first case once, so that there is a preview from the start. */
function useFirstCase(suiteId: string, load: (variables: Record<string, unknown>) => void) {
  const first = useInfiniteQuery(casesQuery(suiteId, {})).data?.pages[0]?.items[0];
  const done = useRef(false);
  useEffect(() => {
    if (!first || done.current) return;
    done.current = true;
    load(first.content.variables ?? {});
  }, [first, load]);
}

function KindChoice({
  content,
  onChange,
}: {
  content: CardContent;
  onChange: (content: CardContent) => void;
}) {
  return (
    <Segments
      label="Kind"
      value={content.kind}
      options={[
        { value: "text", label: "Text" },
        { value: "chat", label: "Chat" },
      ]}
      onChange={(kind) => {
        if (kind === content.kind) return;
        onChange(withKind(content, kind));
        if (kind === "text" && content.messages.length > 1) {
          toast(`${plural(content.messages.length, "message")} joined into one text.`, {
            undo: () => onChange(content),
          });
        }
      }}
    />
  );
}

function messageMenu(
  content: CardContent,
  index: number,
  onChange: (content: CardContent) => void,
): MenuItem[] {
  const last = content.messages.length - 1;
  return [
    {
      label: "Move up",
      icon: "up",
      disabled: index === 0,
      onSelect: () => onChange(withMoved(content, index, -1)),
    },
    {
      label: "Move down",
      icon: "down",
      disabled: index === last,
      onSelect: () => onChange(withMoved(content, index, 1)),
    },
    {
      label: "Remove",
      icon: "x",
      disabled: last === 0,
      onSelect: () => {
        onChange(withoutMessage(content, index));
        toast(`Message ${index + 1} removed.`, { undo: () => onChange(content) });
      },
    },
  ];
}

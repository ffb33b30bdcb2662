import { Suspense, useMemo } from "react";
import type { Message, TemplateProblem } from "@/api/types";
import { Button } from "@/components/Button";
import { Coded } from "@/components/Coded";
import { Select } from "@/components/Fields";
import { Icon } from "@/components/Icon";
import { Menu, type MenuItem } from "@/components/Layers";
import { lazily } from "@/components/lazily";
import { messageText } from "../content";
import { fixed, placed, suggestion, undefinedName } from "./problems";

const TemplateEditor = lazily(
  "editor",
  async () => (await import("./TemplateEditor")).TemplateEditor,
  function PlainEditor({ value, onChange, label, readOnly }) {
    return (
      <textarea
        className="input mono template--plain"
        aria-label={label}
        rows={12}
        spellCheck={false}
        readOnly={readOnly}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    );
  },
);

const ROLES: readonly Message["role"][] = ["system", "user", "assistant"];

interface Props {
  message: Message;
  readOnly: boolean;
  /** The number of the message, from 1; absent where there is only one without a role of its own. */
  number?: number;
  problems: TemplateProblem[];
  variables: string[];
  menu: MenuItem[];
  onText: (text: string) => void;
  onRole: (role: Message["role"]) => void;
  /** Defines the variable that a problem says is not defined. */
  onDefine: (name: string) => void;
}

/** One message of the card: its role, its template, and what is wrong with it right below. */
export function MessageEditor({
  message,
  readOnly,
  number,
  problems,
  variables,
  menu,
  onText,
  onRole,
  onDefine,
}: Props) {
  const text = messageText(message);
  const label = number === undefined ? "Prompt" : `Message ${number}, ${message.role}`;
  const marks = useMemo(() => problems.map((problem) => placed(problem, text)), [problems, text]);
  return (
    <section className="frame" aria-label={label}>
      <div className="frame__head">
        {number === undefined ? (
          <span>Prompt</span>
        ) : (
          <Select
            small
            aria-label={`Role of message ${number}`}
            value={message.role}
            disabled={readOnly}
            onChange={(event) => onRole(event.target.value as Message["role"])}
          >
            {ROLES.map((role) => (
              <option key={role}>{role}</option>
            ))}
          </Select>
        )}
        <span className="push num">{text.length.toLocaleString("en")} characters</span>
        {number !== undefined && !readOnly && <Menu label={`More for message ${number}`} items={menu} />}
      </div>
      <Suspense fallback={<pre className="template template--loading">{text}</pre>}>
        <TemplateEditor
          value={text}
          onChange={onText}
          label={label}
          readOnly={readOnly}
          problems={marks}
          variables={variables}
        />
      </Suspense>
      {problems.length > 0 && (
        <ul className="problems">
          {problems.map((problem) => (
            <Problem
              key={`${problem.line}:${problem.column}:${problem.message}`}
              problem={problem}
              text={text}
              readOnly={readOnly}
              onText={onText}
              onDefine={onDefine}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

function Problem({
  problem,
  text,
  readOnly,
  onText,
  onDefine,
}: {
  problem: TemplateProblem;
  text: string;
  readOnly: boolean;
  onText: (text: string) => void;
  onDefine: (name: string) => void;
}) {
  const better = fixed(problem, text);
  const unknown = undefinedName(problem);
  return (
    <li className="problem t-error">
      <Icon name="error" />
      <span>
        Line {problem.line}: <Coded text={problem.message.replace(/^Line \d+: /, "")} />
      </span>
      <span className="push line line--tight">
        {!readOnly && better !== null && (
          <Button kind="quiet" onClick={() => onText(better)}>
            Use {suggestion(problem)}
          </Button>
        )}
        {!readOnly && unknown && (
          <Button kind="quiet" onClick={() => onDefine(unknown)}>
            Define {unknown}
          </Button>
        )}
      </span>
    </li>
  );
}

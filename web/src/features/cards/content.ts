import type { CardContent, Message, ModelParameters, VariableDefinition } from "@/api/types";

/** The text of a message: its parts joined, as the server joins them. */
export function messageText(message: Message): string {
  return message.content.map((part) => part.text).join("");
}

/** The content with the text of one message replaced. */
export function withText(content: CardContent, index: number, text: string): CardContent {
  return {
    ...content,
    messages: content.messages.map((message, at) =>
      at === index ? { ...message, content: [{ type: "text", text }] } : message,
    ),
  };
}

export function withRole(content: CardContent, index: number, role: Message["role"]): CardContent {
  return {
    ...content,
    messages: content.messages.map((message, at) => (at === index ? { ...message, role } : message)),
  };
}

export function withoutMessage(content: CardContent, index: number): CardContent {
  return { ...content, messages: content.messages.filter((_, at) => at !== index) };
}

/** The content with one message more at its end: the other side of the talk speaks next. */
export function withMessage(content: CardContent): CardContent {
  const role = content.messages.at(-1)?.role === "user" ? "assistant" : "user";
  return { ...content, messages: [...content.messages, { role, content: [{ type: "text", text: "" }] }] };
}

/** The content with a message moved one place up (-1) or down (1). */
export function withMoved(content: CardContent, index: number, by: -1 | 1): CardContent {
  const messages = [...content.messages];
  const [moved] = messages.splice(index, 1);
  if (moved) messages.splice(index + by, 0, moved);
  return { ...content, messages };
}

/** The content as text or as chat. A text has one message, so several are joined with an empty line between. */
export function withKind(content: CardContent, kind: CardContent["kind"]): CardContent {
  if (kind === content.kind) return content;
  if (kind === "chat") return { ...content, kind };
  const text = content.messages.map(messageText).join("\n\n");
  return { ...content, kind, messages: [{ role: "user", content: [{ type: "text", text }] }] };
}

/** The content with a variable defined, anew or over the definition of the same name. */
export function withVariable(content: CardContent, definition: VariableDefinition): CardContent {
  const variables = content.variables ?? [];
  const known = variables.some(({ name }) => name === definition.name);
  return {
    ...content,
    variables: known
      ? variables.map((variable) => (variable.name === definition.name ? definition : variable))
      : [...variables, definition],
  };
}

export function withoutVariable(content: CardContent, name: string): CardContent {
  return { ...content, variables: (content.variables ?? []).filter((variable) => variable.name !== name) };
}

/** JSON with the keys of every object in order, and without what says nothing. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** Whether two contents say the same: an absent list or object is an empty one, pins come with a version. */
export function sameContent(one: CardContent, other: CardContent): boolean {
  return canonical(filled(one)) === canonical(filled(other));
}

function filled(content: CardContent): unknown {
  return {
    ...content,
    variables: (content.variables ?? []).map((variable) => ({
      ...variable,
      required: variable.required ?? false,
      description: variable.description ?? "",
      allowed_values: variable.allowed_values ?? [],
    })),
    parameters: setParameters(content.parameters),
    output_schema: content.output_schema ?? undefined,
    includes: undefined,
  };
}

/** The parameters that are set, without empty lists and objects. */
export function setParameters(parameters: ModelParameters | undefined): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(parameters ?? {}).filter(([, value]) => {
      if (value === undefined || value === null) return false;
      return typeof value !== "object" || Object.keys(value).length > 0;
    }),
  );
}

export interface Section {
  title: string;
  before: string;
  after: string;
}

/** What differs between two contents, part by part, each as text before and after. */
export function changedSections(before: CardContent | undefined, after: CardContent): Section[] {
  const sections: Section[] = [];
  const length = Math.max(before?.messages.length ?? 0, after.messages.length);
  for (let index = 0; index < length; index += 1) {
    const old = before?.messages[index];
    const now = after.messages[index];
    const role = now?.role ?? old?.role ?? "user";
    const moved = old && now && old.role !== now.role ? `, was ${old.role}` : "";
    sections.push({
      title: `${role} message${length > 1 ? ` ${index + 1}` : ""}${moved}`,
      before: old ? `${moved ? `${old.role}: ` : ""}${messageText(old)}` : "",
      after: now ? `${moved ? `${now.role}: ` : ""}${messageText(now)}` : "",
    });
  }
  sections.push({ title: "Kind", before: before?.kind ?? "", after: after.kind });
  sections.push({ title: "Variables", before: variablesText(before), after: variablesText(after) });
  sections.push({ title: "Parameters", before: parametersText(before), after: parametersText(after) });
  sections.push({
    title: "Output schema",
    before: jsonText(before?.output_schema),
    after: jsonText(after.output_schema),
  });
  return sections.filter((section) => section.before !== section.after);
}

function variablesText(content: CardContent | undefined): string {
  return (content?.variables ?? [])
    .map((variable) => {
      const facts = [variable.type, variable.required ? "required" : "optional"];
      if (variable.default !== undefined) facts.push(`default ${JSON.stringify(variable.default)}`);
      if (variable.allowed_values?.length) facts.push(`one of ${JSON.stringify(variable.allowed_values)}`);
      if (variable.description) facts.push(variable.description);
      return `${variable.name}: ${facts.join(", ")}`;
    })
    .join("\n");
}

function parametersText(content: CardContent | undefined): string {
  return Object.entries(setParameters(content?.parameters))
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
    .join("\n");
}

function jsonText(value: unknown): string {
  return value === undefined || value === null ? "" : JSON.stringify(value, null, 2);
}

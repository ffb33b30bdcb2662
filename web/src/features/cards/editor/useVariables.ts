import { useMemo, useState } from "react";
import type { CardContent, FoundVariable, VariableDefinition } from "@/api/types";
import { textOfValue, valueOfText } from "@/lib/values";

export interface KnownVariable {
  definition: VariableDefinition;
  /** The card defines it; otherwise the template only uses it. */
  defined: boolean;
  /** The template uses it. */
  used: boolean;
}

/** The card's variables: those that it defines, then those that its template uses beside them. */
export function knownVariables(content: CardContent, found: FoundVariable[] | undefined): KnownVariable[] {
  const defined = (content.variables ?? []).map((definition) => ({
    definition,
    defined: true,
    used: found?.some(({ name }) => name === definition.name) ?? true,
  }));
  const names = new Set(defined.map(({ definition }) => definition.name));
  const others = (found ?? [])
    .filter(({ name }) => !names.has(name))
    .map((variable) => ({
      definition: { name: variable.name, type: variable.suggested_type, required: variable.required },
      defined: false,
      used: true,
    }));
  return [...defined, ...others];
}

/** The values that the preview is rendered with, as they stand in the form. */
export function useTryValues(content: CardContent) {
  const [texts, setTexts] = useState<Record<string, string>>({});
  const values = useMemo(() => {
    const types = new Map((content.variables ?? []).map((variable) => [variable.name, variable]));
    const entries = Object.entries(texts).flatMap(([name, text]) => {
      const variable = types.get(name);
      if (text === "" && !variable?.required) return [];
      const type = variable?.type ?? "text";
      // A choice may be of any type; its text stands for the allowed value that reads like it.
      const choice = variable?.allowed_values?.find((allowed) => textOfValue(allowed) === text);
      if (choice !== undefined) return [[name, choice] as const];
      const parsed = valueOfText(type, text);
      return parsed.ok && parsed.value !== undefined ? [[name, parsed.value] as const] : [];
    });
    return Object.fromEntries(entries);
  }, [texts, content.variables]);
  return {
    texts,
    values,
    setText: (name: string, text: string) => setTexts((before) => ({ ...before, [name]: text })),
    load: (variables: Record<string, unknown>) =>
      setTexts(
        Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, textOfValue(value)])),
      ),
  };
}

import type { VariableDefinition } from "@/api/types";

export function CasesTab(_: { suiteId: string; slug: string; variables: VariableDefinition[] }) {
  return null;
}

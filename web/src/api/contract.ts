// What the server speaks, until it is generated from openapi.json: the shapes of crates/domain and of the HTTP
// routes, in the form that openapi-typescript writes, so that generating replaces this one file.

type Json = Record<string, unknown>;
type Role = "system" | "user" | "assistant";
type Verdict = "pass" | "fail" | "error" | "invalid";
type RunState = "preparing" | "queued" | "running" | "paused" | "cancelled" | "finished";
type CellState = "pending" | "leased" | "finished" | "cancelled";

interface Part {
  type: "text";
  text: string;
}
interface Message {
  role: Role;
  content: Part[];
}
interface ModelParameters {
  temperature?: number;
  top_p?: number;
  top_k?: number;
  seed?: number;
  num_predict?: number;
  num_ctx?: number;
  stop?: string[];
  keep_alive?: unknown;
  format?: unknown;
  think?: unknown;
  options?: Json;
}
interface VariableDefinition {
  name: string;
  type: "text" | "number" | "boolean" | "list" | "object";
  required?: boolean;
  default?: unknown;
  description?: string;
  allowed_values?: unknown[];
}
interface CardContent {
  kind: "text" | "chat";
  messages: Message[];
  variables?: VariableDefinition[];
  parameters?: ModelParameters;
  output_schema?: unknown;
}
interface LabelPointer {
  name: string;
  version: number;
}
interface LastRate {
  run_id: string;
  run_number: number;
  passed: number;
  judged: number;
  simulated: boolean;
}
interface CardSummary {
  id: string;
  slug: string;
  title: string;
  folder: string;
  description: string;
  tags: string[];
  latest_version: number | null;
  labels: LabelPointer[];
  case_count: number;
  suite_id: string;
  archived: boolean;
  created_at: string;
  updated_at: string;
  last_rate: LastRate | null;
}
type Card = CardSummary & { draft_changed: boolean };
interface NewCard {
  slug: string;
  title: string;
  description?: string;
  tags?: string[];
  folder?: string;
  content?: CardContent;
}
interface CardChange {
  title?: string;
  description?: string;
  tags?: string[];
  folder?: string;
  slug?: string;
  suite_id?: string;
}
interface Facet {
  name: string;
  count: number;
}
interface CardFacets {
  folders: Facet[];
  tags: Facet[];
  labels: Facet[];
  total: number;
  archived: number;
}
interface Draft {
  content: CardContent;
  based_on: number | null;
  updated_at: string;
  changed: boolean;
}
interface VersionSummary {
  number: number;
  message: string;
  author: string;
  created_at: string;
  content_hash: string;
  labels: string[];
}
type Version = VersionSummary & { content: CardContent };
interface Label {
  name: string;
  version: number;
  moved_at: string;
  moved_by: string;
}
interface FoundVariable {
  name: string;
  required: boolean;
  suggested_type: VariableDefinition["type"];
  message_index: number;
  line: number;
  column: number;
}
interface TemplateProblem {
  pointer: string;
  line: number;
  column: number;
  end_column?: number | null;
  message: string;
}
interface Preview {
  found_variables: FoundVariable[];
  problems: TemplateProblem[];
  messages: Message[] | null;
  estimated_tokens: number | null;
  includes: unknown[];
}
interface SamplesLoaded {
  created: string[];
  skipped: string[];
}
interface Suite {
  id: string;
  name: string;
  case_count: number;
  updated_at: string;
}
interface Assertion {
  type: string;
  value?: unknown;
  threshold?: number;
  weight?: number;
  metric?: string;
  config?: Json;
}
interface CaseContent {
  description?: string;
  variables: Json;
  assertions: Assertion[];
  threshold?: number;
  expected_output?: string;
  tags?: string[];
}
interface CaseFlag {
  assertion_index: number;
  message: string;
}
interface Case {
  id: string;
  position: number;
  content: CaseContent;
  flags: CaseFlag[];
  etag: string;
  created_at: string;
  updated_at: string;
}
interface AssertionField {
  name: string;
  kind: "text" | "count" | "number_or_percentage" | "choice";
  summary: string;
  choices: string[];
}
interface AssertionType {
  name: string;
  summary: string;
  value: {
    kind: "none" | "text" | "number" | "list" | "schema" | "object" | "any";
    need: "required" | "expected_output" | "optional" | "none";
    summary: string;
    fields: AssertionField[];
  };
  threshold: string | null;
  config: AssertionField[];
  example: unknown;
}
interface Outcome {
  type: string;
  verdict: Verdict;
  score: number;
  weight: number;
  metric?: string;
  reason: string;
  expected?: string;
  actual?: string;
}
interface Judgement {
  verdict: Verdict | null;
  score: number | null;
  reason: string;
  outcomes: Outcome[];
}
interface AssertionTry {
  assertions: Assertion[];
  threshold?: number;
  variables: Json;
  expected_output?: string;
  output: string;
}
interface Provider {
  id: string;
  name: string;
  kind: "ollama" | "openai" | "simulated";
  base_url: string | null;
  concurrency: number;
  simulated: boolean;
}
interface Model {
  name: string;
  digest: string | null;
  family: string | null;
  parameter_size: string | null;
  quantization: string | null;
  context_length: number | null;
  size_bytes: number | null;
  loaded: boolean;
  capabilities: string[];
  simulated: boolean;
}
interface ProviderModels {
  items: Model[];
  reachable: boolean;
  problem: string | null;
  remedy: string | null;
  checked_at: string;
  next_cursor?: string | null;
}
interface HealthCheck {
  name: string;
  component: string;
  status: "pass" | "warn" | "fail";
  detail: string;
  remedy: string | null;
  observed_ms: number | null;
}
interface Health {
  status: "pass" | "warn" | "fail";
  checks: HealthCheck[];
  version: string;
  started_at: string;
}
interface VersionChoice {
  slug: string;
  version?: number;
  label?: string;
}
interface ModelChoice {
  provider: string;
  model: string;
  parameters?: ModelParameters;
}
interface RunRequest {
  card_versions: VersionChoice[];
  models: ModelChoice[];
  case_filter?: { case_ids?: string[]; tags?: string[] };
  repeats?: number;
  parameters?: ModelParameters;
  note?: string;
}
interface RunProblem {
  pointer: string;
  code: string;
  detail: string;
  remedy: string | null;
}
interface RunEstimate {
  cells: number;
  cases: number;
  prompt_tokens: number | null;
  seconds: number | null;
  basis: string;
  problems: RunProblem[];
  running: { run_id: string; number: number } | null;
}
interface Counts {
  open: number;
  cancelled: number;
  pass: number;
  fail: number;
  error: number;
  invalid: number;
  unjudged: number;
}
interface Column {
  position: number;
  version_position: number;
  model_position: number;
  card_slug: string;
  version: number;
  provider: string;
  model: string;
  simulated: boolean;
  counts: Counts;
  latency_ms_mean: number | null;
  completion_tokens: number;
  prompt_tokens: number;
  tokens_per_second: number | null;
  interval: { low: number; high: number } | null;
}
interface Run {
  id: string;
  number: number;
  state: RunState;
  simulated: boolean;
  cards: { slug: string; title: string; version: number }[];
  models: {
    provider: string;
    model: string;
    simulated: boolean;
    digest: string | null;
    parameters: ModelParameters;
  }[];
  columns: Column[];
  case_count: number;
  repeats: number;
  cell_count: number;
  counts: Counts;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  created_by: string;
  note: string;
  event_number: number;
  suite_id: string;
  paused_reason: string | null;
}
interface CellSummary {
  position: number;
  row: number;
  column: number;
  case_position: number;
  repeat: number;
  state: CellState;
  verdict: Verdict | null;
  score: number | null;
  reason: string;
  headline: string;
  preview: string;
  latency_ms: number | null;
  completion_tokens: number | null;
  attempts: number;
  from_cache: boolean;
}
interface RunCase {
  position: number;
  case_id: string;
  description: string;
  variables: Json;
  expected_output: string | null;
  tags: string[];
}
interface Attempt {
  number: number;
  started_at: string;
  latency_ms: number;
  error: { kind: string; detail: string } | null;
}
interface Timings {
  load_ms?: number;
  prompt_evaluation_ms?: number;
  generation_ms?: number;
  first_token_ms?: number;
  total_ms: number;
}
interface CellDetail extends Omit<CellSummary, "attempts"> {
  card_slug: string;
  version: number;
  provider: string;
  model: string;
  digest: string | null;
  simulated: boolean;
  parameters: ModelParameters;
  seed: number | null;
  prompt: Message[];
  prompt_hash: string;
  output: string;
  thinking: string | null;
  finish_reason: string | null;
  usage: { prompt_tokens?: number; completion_tokens?: number };
  timings: Timings;
  notes: string[];
  outcomes: Outcome[];
  attempts: Attempt[];
  case: RunCase;
  started_at: string | null;
  finished_at: string | null;
}
interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  request_id: string;
  errors?: { pointer: string; detail: string }[];
}

export interface components {
  schemas: {
    Assertion: Assertion;
    AssertionType: AssertionType;
    Card: Card;
    CardContent: CardContent;
    CardFacets: CardFacets;
    CardSummary: CardSummary;
    Case: Case;
    CaseContent: CaseContent;
    Cell: CellDetail;
    CellSummary: CellSummary;
    Column: Column;
    Counts: Counts;
    Draft: Draft;
    FoundVariable: FoundVariable;
    Health: Health;
    HealthCheck: HealthCheck;
    Judgement: Judgement;
    Label: Label;
    Message: Message;
    Model: Model;
    ModelParameters: ModelParameters;
    Outcome: Outcome;
    Preview: Preview;
    Problem: Problem;
    Provider: Provider;
    ProviderModels: ProviderModels;
    Run: Run;
    RunCase: RunCase;
    RunEstimate: RunEstimate;
    RunRequest: RunRequest;
    RunState: RunState;
    TemplateProblem: TemplateProblem;
    VariableDefinition: VariableDefinition;
    Verdict: Verdict;
    Version: Version;
    VersionSummary: VersionSummary;
  };
}

interface Page<T> {
  items: T[];
  next_cursor: string | null;
}
interface Paging {
  cursor?: string;
  limit?: number;
}
interface Workspace {
  ws: string;
}
type Parameters<Path, Query> = { header?: never; cookie?: never } & ([Path] extends [never]
  ? { path?: never }
  : { path: Path }) &
  ([Query] extends [never] ? { query?: never } : { query?: Query });
type Responses<Ok, Status extends number> = Record<
  Status,
  { headers: Record<string, unknown>; content: { "application/json": Ok } }
> & { default: { headers: Record<string, unknown>; content: { "application/problem+json": Problem } } };
type Read<Path, Ok, Query = never> = {
  parameters: Parameters<Path, Query>;
  requestBody?: never;
  responses: Responses<Ok, 200>;
};
type Act<Path, Ok, Status extends number = 200> = {
  parameters: Parameters<Path, never>;
  requestBody?: never;
  responses: Responses<Ok, Status>;
};
type Write<Path, Body, Ok, Status extends number = 200> = {
  parameters: Parameters<Path, never>;
  requestBody: { content: { "application/json": Body } };
  responses: Responses<Ok, Status>;
};
type InCard = Workspace & { slug: string };
type InSuite = Workspace & { id: string };
type InCase = InSuite & { case_id: string };
type InRun = Workspace & { id: string };

export interface paths {
  "/api/v1/health": { get: Read<never, Health> };
  "/api/v1/assertion-types": { get: Read<never, Page<AssertionType>> };
  "/api/v1/workspaces/{ws}/cards": {
    get: Read<
      Workspace,
      Page<CardSummary>,
      Paging & { search?: string; folder?: string; tag?: string; label?: string; archived?: boolean }
    >;
    post: Write<Workspace, NewCard, Card, 201>;
  };
  "/api/v1/workspaces/{ws}/cards/facets": { get: Read<Workspace, CardFacets> };
  "/api/v1/workspaces/{ws}/cards/{slug}": {
    get: Read<InCard, Card>;
    patch: Write<InCard, CardChange, Card>;
  };
  "/api/v1/workspaces/{ws}/cards/{slug}/archive": { post: Act<InCard, Card> };
  "/api/v1/workspaces/{ws}/cards/{slug}/restore": { post: Act<InCard, Card> };
  "/api/v1/workspaces/{ws}/cards/{slug}/duplicate": {
    post: Write<InCard, { slug: string; title: string }, Card, 201>;
  };
  "/api/v1/workspaces/{ws}/cards/{slug}/draft": {
    get: Read<InCard, Draft>;
    put: Write<InCard, { content: CardContent }, Draft>;
    delete: Act<InCard, Draft>;
  };
  "/api/v1/workspaces/{ws}/cards/{slug}/versions": {
    get: Read<InCard, Page<VersionSummary>, Paging>;
    post: Write<InCard, { message: string }, Version, 201>;
  };
  "/api/v1/workspaces/{ws}/cards/{slug}/versions/{number}": {
    get: Read<InCard & { number: number }, Version>;
  };
  "/api/v1/workspaces/{ws}/cards/{slug}/labels": { get: Read<InCard, Page<Label>> };
  "/api/v1/workspaces/{ws}/cards/{slug}/labels/{label}": {
    put: Write<InCard & { label: string }, { version: number }, Label>;
    delete: Act<InCard & { label: string }, undefined, 204>;
  };
  "/api/v1/workspaces/{ws}/templates/preview": {
    post: Write<Workspace, { content: CardContent; variables: Json }, Preview>;
  };
  "/api/v1/workspaces/{ws}/samples": { post: Act<Workspace, SamplesLoaded> };
  "/api/v1/workspaces/{ws}/suites": { get: Read<Workspace, Page<Suite>, Paging> };
  "/api/v1/workspaces/{ws}/suites/{id}/cases": {
    get: Read<InSuite, Page<Case>, Paging & { search?: string; tag?: string }>;
    post: Write<InSuite, CaseContent, Case, 201>;
  };
  "/api/v1/workspaces/{ws}/suites/{id}/cases/import": {
    post: Write<InSuite, { items: CaseContent[] }, { created: number }, 201>;
  };
  "/api/v1/workspaces/{ws}/suites/{id}/cases/{case_id}": {
    get: Read<InCase, Case>;
    put: Write<InCase, CaseContent, Case>;
    delete: Act<InCase, undefined, 204>;
  };
  "/api/v1/workspaces/{ws}/suites/{id}/cases/{case_id}/restore": { post: Act<InCase, Case> };
  "/api/v1/workspaces/{ws}/assertions/try": { post: Write<Workspace, AssertionTry, Judgement> };
  "/api/v1/workspaces/{ws}/providers": { get: Read<Workspace, Page<Provider>> };
  "/api/v1/workspaces/{ws}/providers/{id}/models": {
    get: Read<Workspace & { id: string }, ProviderModels, { refresh?: boolean }>;
  };
  "/api/v1/workspaces/{ws}/runs": {
    get: Read<Workspace, Page<Run>, Paging & { card?: string; state?: RunState }>;
    post: Write<Workspace, RunRequest, Run, 202>;
  };
  "/api/v1/workspaces/{ws}/runs/estimate": { post: Write<Workspace, RunRequest, RunEstimate> };
  "/api/v1/workspaces/{ws}/runs/{id}": { get: Read<InRun, Run> };
  "/api/v1/workspaces/{ws}/runs/{id}/pause": { post: Act<InRun, Run> };
  "/api/v1/workspaces/{ws}/runs/{id}/resume": { post: Act<InRun, Run> };
  "/api/v1/workspaces/{ws}/runs/{id}/cancel": { post: Act<InRun, Run> };
  "/api/v1/workspaces/{ws}/runs/{id}/retry-errors": { post: Act<InRun, Run> };
  "/api/v1/workspaces/{ws}/runs/{id}/rows": {
    get: Read<InRun, { rows: number[]; total: number; matched: number }, { show?: string; search?: string }>;
  };
  "/api/v1/workspaces/{ws}/runs/{id}/cells": {
    get: Read<InRun, Page<CellSummary>, Paging & { row_from?: number; row_to?: number; verdict?: Verdict }>;
  };
  "/api/v1/workspaces/{ws}/runs/{id}/cases": {
    get: Read<InRun, Page<RunCase>, { from?: number; to?: number }>;
  };
  "/api/v1/workspaces/{ws}/runs/{id}/cells/{position}": {
    get: Read<InRun & { position: number }, CellDetail>;
  };
}

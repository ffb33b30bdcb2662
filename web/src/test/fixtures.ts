import type {
  Account,
  AssertionType,
  Card,
  CardContent,
  Case,
  CellSummary,
  Health,
  HealthCheck,
  Provider,
  Run,
  Session,
  SignedIn,
} from "@/api/types";

/** A dependency that was looked at; without more, the database, which answers. */
export function healthCheck(over: Partial<HealthCheck> = {}): HealthCheck {
  return {
    componentId: "database",
    componentType: "datastore",
    status: "pass",
    observedValue: 1,
    observedUnit: "ms",
    time: "2026-11-23T08:10:00.000Z",
    output: "The database answers.",
    name: "Database",
    kind: "database",
    critical: true,
    since: null,
    cost: null,
    remedy: null,
    breaker: null,
    gaps: [],
    ...over,
  };
}

/** A report on these. */
export function healthOf(checks: HealthCheck[], over: Partial<Health> = {}): Health {
  return {
    status: checks.some((check) => check.status !== "pass") ? "warn" : "pass",
    checks: Object.fromEntries(checks.map((check) => [`${check.componentId}:responseTime`, [check]])),
    parts: [],
    events: [],
    version: "0.1.0",
    started_at: "2026-11-23T08:00:00.000Z",
    ...over,
  };
}

export const health = healthOf([healthCheck()]);

/** Ollama, as the configuration names it. */
export function provider(over: Partial<Provider> = {}): Provider {
  return {
    id: "o",
    name: "ollama",
    kind: "ollama",
    base_url: "http://127.0.0.1:11434",
    concurrency: 4,
    simulated: false,
    configured: true,
    has_key: false,
    prices: [],
    refused: null,
    revision: 0,
    ...over,
  };
}

export function account(over: Partial<Account> = {}): Account {
  return {
    id: "0193f2a1-0000-7000-8000-0000000000d1",
    name: "ada",
    email: "ada@example.org",
    role: "admin",
    two_factor: false,
    created_at: "2026-11-20T08:00:00.000Z",
    disabled_at: null,
    erased: false,
    ...over,
  };
}

/** An admin who owns the workspace `default`. */
export function session(over: Partial<Session> = {}): Session {
  return {
    user: account(),
    workspaces: [{ id: "w", slug: "default", name: "Default", role: "owner" }],
    confirmed_at: "2026-11-23T08:00:00.000Z",
    expires_at: "2026-11-30T08:00:00.000Z",
    ...over,
  };
}

export function signedIn({ user, expires_at } = session()): SignedIn {
  return { user, expires_at, csrf_token: "a-token" };
}

/** Somebody who may read the workspace `default`, and nothing else. */
export function viewer(): Session {
  return session({
    user: account({ id: "0193f2a1-0000-7000-8000-0000000000d2", name: "mira.lind", role: "user" }),
    workspaces: [{ id: "w", slug: "default", name: "Default", role: "viewer" }],
  });
}

export function content(text: string, over: Partial<CardContent> = {}): CardContent {
  return {
    kind: "text",
    messages: [{ role: "user", content: [{ type: "text", text }] }],
    variables: [],
    parameters: {},
    ...over,
  };
}

export function card(over: Partial<Card> = {}): Card {
  return {
    id: "0193f2a1-0000-7000-8000-000000000001",
    slug: "grade-school-math",
    title: "Grade-school maths",
    folder: "math",
    description: "",
    tags: ["gsm8k"],
    latest_version: 7,
    labels: [{ name: "production", version: 5 }],
    case_count: 3,
    suite_id: "0193f2a1-0000-7000-8000-0000000000aa",
    archived: false,
    created_at: "2026-11-20T08:00:00.000Z",
    updated_at: "2026-11-22T08:00:00.000Z",
    last_rate: null,
    draft_changed: false,
    ...over,
  };
}

export function testCase(position: number, over: Partial<Case> = {}): Case {
  return {
    id: `0193f2a1-0000-7000-8000-0000000001${String(position).padStart(2, "0")}`,
    position,
    content: {
      description: `Case ${position}`,
      variables: { question: `Question ${position}` },
      assertions: [],
    },
    flags: [],
    etag: `"case-${position}"`,
    created_at: "2026-11-20T08:00:00.000Z",
    updated_at: "2026-11-20T08:00:00.000Z",
    ...over,
  };
}

export const noCounts = { open: 0, cancelled: 0, pass: 0, fail: 0, error: 0, invalid: 0, unjudged: 0 };

export function run(over: Partial<Run> = {}): Run {
  return {
    id: "0193f2a1-0000-7000-8000-0000000000b1",
    number: 14,
    state: "finished",
    simulated: false,
    cards: [{ slug: "grade-school-math", title: "Grade-school maths", version: 7 }],
    models: [{ provider: "ollama", model: "llama3.2", simulated: false, digest: null, parameters: {} }],
    columns: [],
    case_count: 3,
    repeats: 1,
    cell_count: 3,
    counts: { ...noCounts, pass: 2, fail: 1 },
    created_at: "2026-11-22T08:00:00.000Z",
    started_at: "2026-11-22T08:00:01.000Z",
    finished_at: "2026-11-22T08:00:09.000Z",
    created_by: "local",
    note: "",
    cache: true,
    pause_reason: null,
    kept: false,
    stored_bytes: 4_200,
    event_number: 12,
    suite_id: "0193f2a1-0000-7000-8000-0000000000aa",
    ...over,
  };
}

function assertionType(
  name: string,
  kind: AssertionType["value"]["kind"],
  need: AssertionType["value"]["need"],
  more: { fields?: AssertionType["config"]; config?: AssertionType["config"] } = {},
): AssertionType {
  return {
    name,
    summary: `About ${name}.`,
    value: { kind, need, summary: "A value.", fields: more.fields ?? [] },
    threshold: null,
    takes_assertions: false,
    config: more.config ?? [],
    example: { type: name },
  };
}

export function cellSummary(over: Partial<CellSummary> = {}): CellSummary {
  return {
    position: 0,
    row: 0,
    column: 0,
    case_position: 0,
    repeat: 0,
    state: "finished",
    verdict: "pass",
    score: null,
    headline: "540",
    reason: "",
    preview: "",
    latency_ms: null,
    completion_tokens: null,
    attempts: 1,
    cached: false,
    cost_usd: null,
    ...over,
  };
}

export const assertionTypes: AssertionType[] = [
  assertionType("equals", "any", "expected_output"),
  assertionType("contains", "text", "expected_output"),
  assertionType("regex", "text", "required"),
  assertionType("is-json", "schema", "optional"),
  assertionType("number", "number", "expected_output", {
    config: [
      { name: "tolerance", kind: "number_or_percentage", summary: "How far off.", choices: [] },
      { name: "pattern", kind: "text", summary: "Where.", choices: [] },
    ],
  }),
  assertionType("contains-any", "list", "required"),
  { ...assertionType("assert-set", "none", "none"), threshold: "Of the set.", takes_assertions: true },
  assertionType("length", "object", "required", {
    fields: [
      { name: "min", kind: "count", summary: "The least.", choices: [] },
      { name: "max", kind: "count", summary: "The most.", choices: [] },
      {
        name: "unit",
        kind: "choice",
        summary: "What is counted.",
        choices: ["characters", "words", "lines"],
      },
    ],
  }),
];

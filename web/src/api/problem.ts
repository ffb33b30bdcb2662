import type { Problem } from "./types";

/** An answer of the server that says why it did not do what was asked. */
export class ProblemError extends Error {
  readonly problem: Problem;
  /** The current ETag, which a 412 carries so that the edit can be tried on top of it. */
  readonly etag: string | null;
  /** When the server takes the same again, where it says so; in ms since 1970. */
  readonly retryAt: number | null;

  constructor(problem: Problem, etag: string | null, retryAt: number | null = null) {
    super(problem.detail || problem.title);
    this.name = "ProblemError";
    this.problem = problem;
    this.etag = etag;
    this.retryAt = retryAt;
  }

  /** What happened, for programs. */
  get code(): string {
    return this.problem.code;
  }

  /** The sentence that belongs to one field of what was sent, by JSON pointer. */
  at(pointer: string): string | undefined {
    return this.problem.errors?.find((error) => error.pointer === pointer)?.detail;
  }
}

/** No answer at all: the server is stopped, or the network is. */
export class UnreachableError extends Error {
  constructor() {
    super("The server does not answer. Nothing you did is lost.");
    this.name = "UnreachableError";
  }
}

/** When an answer says that it may be asked for again. */
export function retryAt(response: Response): number | null {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) ? Date.now() + seconds * 1_000 : null;
}

/** Whether it was refused for what the person is or is not. */
export function isForbidden(error: unknown): error is ProblemError {
  return error instanceof ProblemError && error.problem.status === 403;
}

/** Whether somebody else saved first. */
export function isStale(error: unknown): error is ProblemError {
  return error instanceof ProblemError && error.problem.status === 412;
}

/** The sentence to show for an error of any kind. */
export function sentence(error: unknown): string {
  if (error instanceof ProblemError || error instanceof UnreachableError) return error.message;
  return "The page made a mistake of its own. Nothing you did is lost. Reload to go on.";
}

/** A problem in the server's form, also from an answer that has none, such as that of a proxy. */
export function problemOf(body: unknown, response: Response): Problem {
  if (typeof body === "object" && body !== null && "detail" in body && "code" in body) return body as Problem;
  return {
    type: "about:blank",
    title: response.statusText || "Unexpected answer",
    status: response.status,
    detail: `The server answered with ${response.status} and said no more. Nothing you did is lost.`,
    code: "internal",
    request_id: response.headers.get("x-request-id") ?? "",
    errors: [],
  };
}

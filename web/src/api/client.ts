import createClient, { type Middleware } from "openapi-fetch";
import { setAnswering } from "./connection";
import { ProblemError, problemOf, retryAt, UnreachableError } from "./problem";
import type { paths } from "./schema";
import { send } from "./send";

export { WORKSPACE } from "./workspace";

const watchConnection: Middleware = {
  onResponse() {
    setAnswering(true);
  },
  onError({ error }) {
    if (error instanceof DOMException && error.name === "AbortError") return undefined;
    setAnswering(false);
    return new UnreachableError();
  },
};

/** The API, typed by its schema. Its answers go through `read` or `readTagged`. */
export const client = createClient<paths>({ baseUrl: window.location.origin, fetch: send });
client.use(watchConnection);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** What was read, with the tag that an edit of it has to name. */
export interface Tagged<T> {
  value: T;
  etag: string;
}

/** The body of an answer; throws a `ProblemError` where the server refused. */
export async function read<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer;
  if (!response.ok) {
    throw new ProblemError(problemOf(error, response), response.headers.get("etag"), retryAt(response));
  }
  return data as T;
}

/** The body of an answer and its ETag. */
export async function readTagged<T>(answer: Promise<Answer<T>>): Promise<Tagged<T>> {
  const { response } = await answer;
  return { value: await read(answer), etag: response.headers.get("etag") ?? "" };
}

/** The header of an edit: it is refused if what was read has changed since. */
export function ifMatch(etag: string): { "If-Match": string } {
  return { "If-Match": etag };
}

/** The header of a creating request, so that sending it twice creates one thing. */
export function once(): { "Idempotency-Key": string } {
  return { "Idempotency-Key": crypto.randomUUID() };
}

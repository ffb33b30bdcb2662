import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import type { paths as Paths } from "@/api/schema";
import type { Problem } from "@/api/types";

/** Answers the requests of tests. A request that no handler knows fails the test. */
export const server = setupServer();

type Method = "get" | "post" | "put" | "patch" | "delete";
type PathsWith<M extends Method> = {
  [P in keyof Paths]: Paths[P] extends Record<M, unknown> ? P : never;
}[keyof Paths];
type Operation<M extends Method, P extends keyof Paths> = Paths[P] extends Record<M, infer O> ? O : never;
type Answers<O> = O extends { responses: infer R } ? Omit<R, "default"> : never;
type BodyOf<R> = {
  [S in keyof R]: R[S] extends { content: Record<"application/json", infer B> }
    ? B
    : R[S] extends { content: Record<"application/health+json", infer B> }
      ? B
      : undefined;
}[keyof R];
type Sent<O> = O extends { requestBody: { content: { "application/json": infer B } } } ? B : undefined;

type Places<O> = O extends { parameters: { path: infer P } }
  ? { [K in keyof P]: string }
  : Record<never, string>;

export interface Asked<B, P> {
  url: URL;
  /** What stands in the places of the address. */
  params: P;
  headers: Headers;
  body: B;
}

interface Reply<B> {
  body: B;
  status?: number;
  etag?: string;
}

/** What a handler may return beside a body: a refusal. */
export class Refusal {
  readonly status: number;
  readonly problem: ProblemPart;
  readonly etag: string | undefined;

  constructor(status: number, problem: ProblemPart = {}, etag?: string) {
    this.status = status;
    this.problem = problem;
    this.etag = etag;
  }

  response(): Response {
    const { retry_after_s, ...problem } = this.problem;
    return HttpResponse.json(
      {
        type: "about:blank",
        title: "Refused",
        status: this.status,
        detail: "Refused.",
        code: "refused",
        request_id: "0193f2a1-0000-7000-8000-000000000000",
        ...problem,
      },
      {
        status: this.status,
        headers: {
          "content-type": "application/problem+json",
          ...(this.etag ? { etag: this.etag } : {}),
          ...(retry_after_s === undefined ? {} : { "retry-after": String(retry_after_s) }),
        },
      },
    );
  }
}

type ProblemPart = Partial<Omit<Problem, "code">> & { code?: string; retry_after_s?: number };

/** Answers one operation of the API; the body has the type that the schema says. */
export function on<M extends Method, P extends PathsWith<M>>(
  method: M,
  path: P,
  answer: (
    asked: Asked<Sent<Operation<NoInfer<M>, NoInfer<P>>>, Places<Operation<NoInfer<M>, NoInfer<P>>>>,
  ) => Reply<BodyOf<Answers<Operation<NoInfer<M>, NoInfer<P>>>>> | Refusal,
): void {
  const pattern = String(path).replace(/\{(\w+)\}/g, ":$1");
  server.use(
    http[method](`*${pattern}`, async ({ request, params }) => {
      const text = await request.text();
      const reply = answer({
        url: new URL(request.url),
        params: params as Places<Operation<M, P>>,
        headers: request.headers,
        body: (text ? JSON.parse(text) : undefined) as Sent<Operation<M, P>>,
      });
      if (reply instanceof Refusal) return reply.response();
      const headers: Record<string, string> = reply.etag ? { etag: reply.etag } : {};
      if (reply.body === undefined) return new HttpResponse(null, { status: 204, headers });
      return HttpResponse.json(reply.body as Record<string, unknown>, {
        status: reply.status ?? 200,
        headers,
      });
    }),
  );
}

/** Makes an address unreachable, as a stopped server is. */
export function unreachable(path: string): void {
  server.use(http.all(`*${path}`, () => HttpResponse.error()));
}

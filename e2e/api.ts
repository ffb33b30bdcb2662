// What tests set up without the page.
interface Card {
  slug: string;
  suite_id: string;
}

interface Run {
  id: string;
  number: number;
  state: string;
  cell_count: number;
  counts: Record<"open" | "cancelled" | "pass" | "fail" | "error" | "invalid" | "unjudged", number>;
  columns: { counts: Run["counts"] }[];
}

export class Api {
  readonly #address: string;
  readonly #key: string;

  constructor(address: string, key: string) {
    this.#address = address;
    this.#key = key;
  }

  async #send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(`${this.#address}/api/v1/workspaces/default/${path}`, {
      method,
      headers: { "content-type": "application/json", authorization: `Bearer ${this.#key}`, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  }

  async get<T>(path: string): Promise<T> {
    return (await (await this.#send("GET", path)).json()) as T;
  }

  async post<T>(path: string, body?: unknown, headers?: Record<string, string>): Promise<T> {
    return (await (await this.#send("POST", path, body, headers)).json()) as T;
  }

  async remove(path: string): Promise<void> {
    await this.#send("DELETE", path);
  }

  /** A card with one version of one text, and with these cases. */
  async card(slug: string, text: string, cases: unknown[]): Promise<Card> {
    const names = [...text.matchAll(/\{\{ (\w+) \}\}/g)].map(([, name]) => name);
    const card = await this.post<Card>("cards", {
      slug,
      title: slug,
      content: {
        kind: "text",
        messages: [{ role: "user", content: [{ type: "text", text }] }],
        variables: [...new Set(names)].map((name) => ({ name, type: "text", required: true })),
      },
    });
    const draft = await this.#send("GET", `cards/${slug}/draft`);
    await this.post(
      `cards/${slug}/versions`,
      { message: "First version" },
      { "If-Match": draft.headers.get("etag") ?? "" },
    );
    if (cases.length > 0) await this.post(`suites/${card.suite_id}/cases/import`, { items: cases });
    return card;
  }

  start(slug: string, models: string[], more: object = {}): Promise<Run> {
    return this.post<Run>("runs", {
      card_versions: [{ slug }],
      cache: false,
      models: models.map((name) => {
        const [provider, ...model] = name.split("/");
        return { provider, model: model.join("/") };
      }),
      ...more,
    });
  }

  run(id: string): Promise<Run> {
    return this.get<Run>(`runs/${id}`);
  }

  /** The run once all its cells are finished, heard from its stream of events. */
  async finished(id: string): Promise<Run> {
    const stream = await this.#send("GET", `runs/${id}/events?after=0`);
    let text = "";
    for await (const piece of stream.body ?? []) {
      text = `${text}${Buffer.from(piece).toString()}`.slice(-100_000);
      if (text.includes("event: run_finished")) break;
    }
    return this.run(id);
  }
}

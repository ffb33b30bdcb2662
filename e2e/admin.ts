// What a person does with an access token instead of the page, and an API key may not.
interface Begun {
  tokens: { access_token: string };
}

/** The admin of every server of a test. */
export const ADMIN = { name: "ada", password: "nine walruses play the cello" } as const;

export class Admin {
  readonly #address: string;
  readonly #headers: Record<string, string>;

  private constructor(address: string, token?: string) {
    this.#address = address;
    this.#headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  }

  /** The first account, made with the secret that the server wrote. */
  static async setUp(address: string, secret: string): Promise<Admin> {
    const nobody = new Admin(address);
    const { tokens } = await nobody.post<Begun>("setup", { secret, ...ADMIN, tokens: true });
    return new Admin(address, tokens.access_token);
  }

  /** Another session, of a program that calls itself so. */
  static async signIn(address: string, userAgent = "test"): Promise<Admin> {
    const nobody = new Admin(address);
    const { tokens } = await nobody.post<Begun>("session", { ...ADMIN, tokens: true }, { "user-agent": userAgent });
    return new Admin(address, tokens.access_token);
  }

  async #send(method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<unknown> {
    const response = await fetch(`${this.#address}/api/v1/${path}`, {
      method,
      headers: { ...this.#headers, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }

  async get<T>(path: string): Promise<T> {
    return (await this.#send("GET", path)) as T;
  }

  async post<T>(path: string, body: object, headers?: Record<string, string>): Promise<T> {
    return (await this.#send("POST", path, body, headers)) as T;
  }

  async put(path: string, body: object): Promise<void> {
    await this.#send("PUT", path, body);
  }

  async patch(path: string, body: object): Promise<void> {
    await this.#send("PATCH", path, body);
  }

  async remove(path: string): Promise<void> {
    await this.#send("DELETE", path);
  }

  /** Makes an account as who is invited does. Answers its id. */
  async invite(name: string, password: string, invitation: object = {}): Promise<string> {
    const { link } = await this.post<{ link: string }>("users/invitations", { role: "user", name, ...invitation });
    const secret = link.slice(link.indexOf("#") + 1);
    await new Admin(this.#address).post("links/accept", { secret, name, password });
    const { items } = await this.get<{ items: { id: string; name: string }[] }>("users");
    const made = items.find((account) => account.name === name);
    if (!made) throw new Error(`There is no account ${name}.`);
    return made.id;
  }
}

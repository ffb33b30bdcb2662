// The programs under test: started, stopped and killed as a person would.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { BrowserContext } from "@playwright/test";
import { ADMIN, Admin } from "./admin";

const PROGRAM = resolve(process.env.PROMPTCARDS ?? join(import.meta.dirname, "../target/debug/promptcards"));

/** All tests come from one address: limits that they do not reach. */
const PLENTY = Object.fromEntries(
  [
    ...["GENERAL", "GENERAL_ANONYMOUS", "AI", "AI_ANONYMOUS", "AUTH", "AUTH_ADDRESS", "REFRESH"],
    ...["REFRESH_ADDRESS", "EXPORT", "REPORTS", "EVENT_STREAMS"],
  ].map((name) => [`PROMPTCARDS_LIMITS__${name}`, "1000000"]),
);

/** Pages may still be open when a server is told to stop: it ends all the same. */
const END_MS = 4_000;

class Program {
  readonly address: string;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, address: string) {
    this.#child = child;
    this.address = address;
  }

  /** Starts a command whose first line ends with the address that it listens on. */
  static async start(args: string[], env: Record<string, string> = {}): Promise<Program> {
    const child = spawn(PROGRAM, args, {
      // Nobody sends requests here who would have to hear of its end first.
      env: { PROMPTCARDS_SERVER__ACCEPT_AFTER_STOP_MS: "0", ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (data) => {
      said = `${said}${data}`.slice(-4_000);
    });
    const lines = createInterface({ input: child.stdout });
    const first = await Promise.race([
      once(lines, "line").then(([line]) => String(line)),
      once(child, "exit").then(() => ""),
      once(child, "error").then(([error]) => String(error)),
    ]);
    const address = /http:\/\/\S+$/.exec(first)?.[0];
    if (!address) throw new Error(`${PROGRAM} ${args.join(" ")} did not say its address: ${first} ${said}`);
    return new Program(child, address);
  }

  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit", { signal: AbortSignal.timeout(END_MS) });
    this.#child.kill(signal);
    try {
      await exited;
    } catch {
      this.#child.kill("SIGKILL");
      throw new Error(`${this.address} did not end within ${END_MS} ms of ${signal}`);
    }
  }
}

interface Counters {
  /** Prompts that came in. */
  calls: number;
  in_flight: number;
}

/** A model server that answers from a script. */
export class FakeOllama {
  readonly #program: Program;

  private constructor(program: Program) {
    this.#program = program;
  }

  static async start(...args: string[]): Promise<FakeOllama> {
    return new FakeOllama(await Program.start(["fake-ollama", "--listen", "127.0.0.1:0", ...args]));
  }

  get address(): string {
    return this.#program.address;
  }

  /** Changes how it behaves, from the next call on. */
  async control(change: object): Promise<void> {
    await this.#ask({
      method: "PATCH",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(change),
    });
  }

  /** What it has been asked so far. */
  async counters(): Promise<Counters> {
    const answer = (await (await this.#ask({})).json()) as { counters: Counters };
    return answer.counters;
  }

  async #ask(request: RequestInit): Promise<Response> {
    const response = await fetch(`${this.address}/control`, request);
    if (!response.ok) throw new Error(`${request.method} /control: ${response.status} ${await response.text()}`);
    return response;
  }

  stop(): Promise<void> {
    return this.#program.end("SIGTERM");
  }
}

const SETTINGS = "promptcards.toml";
const SCOPES = ["cards:write", "runs:write", "models:write", "export"];

/** A server with a folder of its own, which outlives a kill. */
export class Server {
  readonly address: string;
  /** An API key of the admin, who owns the workspace. */
  readonly key: string;
  readonly #folder: string;
  readonly #ollama: string;
  #program: Program;

  private constructor(program: Program, folder: string, ollama: string, key: string) {
    this.address = program.address;
    this.key = key;
    this.#program = program;
    this.#folder = folder;
    this.#ollama = ollama;
  }

  /** With these settings, as they stand in its configuration file. */
  static async start(ollama: string, settings = ""): Promise<Server> {
    const folder = await mkdtemp(join(tmpdir(), "promptcards-e2e-"));
    await writeFile(join(folder, SETTINGS), settings);
    const program = await Server.#serve("127.0.0.1:0", folder, ollama);
    return new Server(program, folder, ollama, await Server.#setUp(program.address, folder));
  }

  /** Makes the admin as who started the server would, and an API key of theirs. */
  static async #setUp(address: string, folder: string): Promise<string> {
    // Once it answers, the secret is written.
    await fetch(`${address}/api/v1/setup`);
    const secret = (await readFile(join(folder, "setup-token"), "utf8")).trim();
    const admin = await Admin.setUp(address, secret);
    const wanted = { name: "test", workspace: "default", scopes: SCOPES };
    return (await admin.post<{ key: string }>("account/api-keys", wanted)).key;
  }

  /** Ends every session of the admin, as somebody does who has lost a computer. */
  async endSessions(): Promise<void> {
    await (await Admin.signIn(this.address)).remove("account/sessions");
  }

  /** Signs the admin in, in the browser of this context. */
  async signIn(context: BrowserContext): Promise<void> {
    const response = await context.request.post(`${this.address}/api/v1/session`, { data: ADMIN });
    if (!response.ok()) throw new Error(`sign in: ${response.status()} ${await response.text()}`);
  }

  static #serve(listen: string, folder: string, ollama: string): Promise<Program> {
    const config = join(folder, SETTINGS);
    return Program.start(["serve", "--config", config, "--listen", listen, "--data-dir", folder], {
      OLLAMA_HOST: ollama,
      PROMPTCARDS_SECRETS__MASTER_KEY_FILE: join(folder, "master.key"),
      ...PLENTY,
    });
  }

  /** As the power does: without a word. */
  kill(): Promise<void> {
    return this.#program.end("SIGKILL");
  }

  /** Again on the same folder and the same port. */
  async restart(): Promise<void> {
    this.#program = await Server.#serve(new URL(this.address).host, this.#folder, this.#ollama);
  }

  async stop(): Promise<void> {
    await this.#program.end("SIGTERM");
    await rm(this.#folder, { recursive: true, force: true });
  }
}

// Drives the server at the address given through the official JavaScript clients, and ends at the first surprise.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const [url, folder] = process.argv.slice(2);
const require = createRequire(`${folder}/`);
const { Ollama } = require("ollama");
const OpenAI = require("openai");

const messages = [{ role: "user", content: "echo: one two three" }];
const texts = ["The cat sat on the mat.", "A cat sat on a mat", "Quarterly revenue grew"];

const collected = async (stream) => {
  const pieces = [];
  for await (const piece of await stream) pieces.push(piece);
  return pieces;
};
const cosine = (a, b) => a.reduce((sum, number, index) => sum + number * b[index], 0);
const near = (vectors) => {
  assert.equal(vectors.length, 3);
  assert.ok(cosine(vectors[0], vectors[1]) > cosine(vectors[0], vectors[2]) + 0.3, "similar texts lie apart");
};
const names = async (client) => (await client.list()).models.map((model) => model.name);

async function driveOllama(client) {
  assert.deepEqual(await names(client), ["llama3.2:latest", "qwen3:8b", "nomic-embed-text:latest"]);
  const shown = await client.show({ model: "qwen3:8b" });
  assert.deepEqual(shown.capabilities, ["completion", "tools", "thinking"]);

  const whole = await client.chat({ model: "llama3.2", messages });
  assert.deepEqual([whole.message.content, whole.done_reason, whole.eval_count], ["one two three", "stop", 3]);
  const pieces = await collected(client.chat({ model: "llama3.2", messages, stream: true }));
  assert.deepEqual(pieces.map((piece) => piece.message.content), ["one", " two", " three", ""]);
  assert.equal(pieces.at(-1).prompt_eval_count, whole.prompt_eval_count);
  const thought = await client.chat({ model: "qwen3:8b", messages, think: true });
  assert.ok(thought.message.thinking && thought.message.content === "one two three");
  const tools = [{ type: "function", function: { name: "f", parameters: { type: "object" } } }];
  assert.equal((await client.chat({ model: "llama3.2", messages, tools })).message.content, "one two three");
  assert.equal((await client.generate({ model: "llama3.2", prompt: "echo: four" })).response, "four");
  const said = await collected(client.generate({ model: "llama3.2", prompt: "echo: four five", stream: true }));
  assert.equal(said.map((piece) => piece.response).join(""), "four five");
  assert.deepEqual((await client.ps()).models.map((model) => model.name), ["llama3.2:latest"]);

  near((await client.embed({ model: "nomic-embed-text", input: texts })).embeddings);
  const short = await client.embed({ model: "nomic-embed-text", input: "x", dimensions: 8 });
  assert.equal(short.embeddings[0].length, 8);
  assert.equal((await client.embeddings({ model: "nomic-embed-text", prompt: "x" })).embedding.length, 768);

  const steps = await collected(client.pull({ model: "gemma3:1b", stream: true }));
  assert.deepEqual([steps[0].status, steps.at(-1).status], ["pulling manifest", "success"]);
  assert.ok(steps.some((step) => step.digest && step.completed === step.total));
  assert.equal((await client.pull({ model: "phi4" })).status, "success");
  await client.copy({ source: "gemma3:1b", destination: "mine" });
  assert.deepEqual((await names(client)).slice(3), ["gemma3:1b", "phi4:latest", "mine:latest"]);
  for (const model of ["gemma3:1b", "phi4", "mine"]) await client.delete({ model });
  assert.equal((await names(client)).length, 3);
  const missing = /model 'nope' not found/;
  await assert.rejects(client.pull({ model: "nope", stream: false }), /file does not exist/);
  await assert.rejects(client.chat({ model: "nope", messages }), missing);
  await assert.rejects(client.show({ model: "nope" }), missing);
  await assert.rejects(client.embed({ model: "nope", input: "x" }), missing);
}

async function driveOpenAI(client) {
  const models = await collected(client.models.list());
  assert.deepEqual(models.map((model) => model.id), ["llama3.2:latest", "qwen3:8b", "nomic-embed-text:latest"]);
  assert.equal((await client.models.retrieve("qwen3:8b")).id, "qwen3:8b");

  const whole = await client.chat.completions.create({ model: "llama3.2", messages });
  assert.deepEqual([whole.choices[0].message.content, whole.choices[0].finish_reason], ["one two three", "stop"]);
  const chunks = await collected(
    client.chat.completions.create({
      model: "llama3.2",
      messages,
      stream: true,
      stream_options: { include_usage: true },
    }),
  );
  const said = chunks.slice(0, -1).map((chunk) => chunk.choices[0].delta.content);
  assert.equal(said.join(""), "one two three");
  assert.deepEqual([chunks.at(-2).choices[0].finish_reason, chunks.at(-1).usage], ["stop", whole.usage]);
  const tools = [{ type: "function", function: { name: "f", parameters: { type: "object" } } }];
  const withTools = await client.chat.completions.create({ model: "llama3.2", messages, tools });
  assert.equal(withTools.choices[0].message.content, "one two three");
  const completion = await client.completions.create({ model: "llama3.2", prompt: "echo: four" });
  assert.equal(completion.choices[0].text, "four");

  // The client asks for base64 by itself.
  const embeddings = await client.embeddings.create({ model: "nomic-embed-text", input: texts });
  near(embeddings.data.map((entry) => entry.embedding));
  const missing = { status: 404, type: "not_found_error" };
  await assert.rejects(client.chat.completions.create({ model: "nope", messages }), missing);
  await assert.rejects(client.models.retrieve("nope"), missing);
  await assert.rejects(client.embeddings.create({ model: "nope", input: "x" }), missing);
}

await driveOllama(new Ollama({ host: url }));
await driveOpenAI(new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries: 0 }));
console.log("all went as it should");

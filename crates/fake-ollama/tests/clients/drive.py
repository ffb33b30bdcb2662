"""Drives the server at the address given through the official Python clients, and ends at the first surprise."""

import asyncio
import sys

import ollama
import openai

url = sys.argv[1]
ECHO = [{"role": "user", "content": "echo: one two three"}]
TEXTS = ["The cat sat on the mat.", "A cat sat on a mat", "Quarterly revenue grew"]


def same(found, wanted):
    assert found == wanted, f"{found!r} is not {wanted!r}"


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def near(vectors):
    same(len(vectors), 3)
    assert cosine(vectors[0], vectors[1]) > cosine(vectors[0], vectors[2]) + 0.3, "similar texts lie apart"


def drive_ollama(client):
    names = [model.model for model in client.list().models]
    same(names, ["llama3.2:latest", "qwen3:8b", "nomic-embed-text:latest"])
    same(client.show("qwen3:8b").capabilities, ["completion", "tools", "thinking"])

    whole = client.chat("llama3.2", ECHO)
    same((whole.message.content, whole.done_reason, whole.eval_count), ("one two three", "stop", 3))
    pieces = list(client.chat("llama3.2", ECHO, stream=True))
    same([piece.message.content for piece in pieces], ["one", " two", " three", ""])
    assert pieces[-1].done and pieces[-1].prompt_eval_count == whole.prompt_eval_count
    thought = client.chat("qwen3:8b", ECHO, think=True)
    assert thought.message.thinking and thought.message.content == "one two three", thought

    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    same(client.chat("llama3.2", ECHO, tools=[add]).message.content, "one two three")
    same(client.generate("llama3.2", "echo: four").response, "four")
    said = "".join(piece.response for piece in client.generate("llama3.2", "echo: four five", stream=True))
    same(said, "four five")
    same([model.model for model in client.ps().models], ["llama3.2:latest"])

    near(client.embed("nomic-embed-text", TEXTS).embeddings)
    same(len(client.embed("nomic-embed-text", "x", dimensions=8).embeddings[0]), 8)
    same(len(client.embeddings("nomic-embed-text", "x").embedding), 768)

    steps = list(client.pull("gemma3:1b", stream=True))
    same((steps[0].status, steps[-1].status), ("pulling manifest", "success"))
    assert any(step.completed == step.total and step.digest for step in steps[1:]), steps
    same(client.pull("phi4").status, "success")
    same(client.copy("gemma3:1b", "mine").status, "success")
    same([model.model for model in client.list().models][3:], ["gemma3:1b", "phi4:latest", "mine:latest"])
    for name in ["gemma3:1b", "phi4", "mine"]:
        same(client.delete(name).status, "success")
    same(len(client.list().models), 3)

    for call in [
        lambda: client.chat("nope", ECHO),
        lambda: list(client.chat("nope", ECHO, stream=True)),
        lambda: client.show("nope"),
        lambda: client.delete("nope"),
        lambda: client.embed("nope", "x"),
    ]:
        try:
            call()
        except ollama.ResponseError as error:
            same((error.status_code, error.error), (404, "model 'nope' not found"))
        else:
            raise AssertionError("an unknown model is an error")


async def drive_ollama_async(client):
    same((await client.chat("llama3.2", ECHO)).message.content, "one two three")
    pieces = [piece.message.content async for piece in await client.chat("llama3.2", ECHO, stream=True)]
    same("".join(pieces), "one two three")


def drive_openai(client):
    same([model.id for model in client.models.list()][:2], ["llama3.2:latest", "qwen3:8b"])
    same(client.models.retrieve("qwen3:8b").id, "qwen3:8b")

    whole = client.chat.completions.create(model="llama3.2", messages=ECHO)
    same((whole.choices[0].message.content, whole.choices[0].finish_reason), ("one two three", "stop"))
    same((whole.usage.completion_tokens, whole.object), (3, "chat.completion"))
    stream = client.chat.completions.create(
        model="llama3.2", messages=ECHO, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    same("".join(chunk.choices[0].delta.content for chunk in chunks[:-1]), "one two three")
    same((chunks[-2].choices[0].finish_reason, chunks[-1].choices), ("stop", []))
    same(chunks[-1].usage, whole.usage)
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    with_tools = client.chat.completions.create(model="llama3.2", messages=ECHO, tools=[tool])
    same(with_tools.choices[0].message.content, "one two three")
    same(client.completions.create(model="llama3.2", prompt="echo: four").choices[0].text, "four")

    # The client asks for base64 by itself.
    near([entry.embedding for entry in client.embeddings.create(model="nomic-embed-text", input=TEXTS).data])
    floats = client.embeddings.create(model="nomic-embed-text", input="x", encoding_format="float", dimensions=8)
    same(len(floats.data[0].embedding), 8)

    for call in [
        lambda: client.chat.completions.create(model="nope", messages=ECHO),
        lambda: client.chat.completions.create(model="nope", messages=ECHO, stream=True),
        lambda: client.models.retrieve("nope"),
        lambda: client.embeddings.create(model="nope", input="x"),
    ]:
        try:
            call()
        except openai.NotFoundError as error:
            same((error.type, error.body["message"]), ("not_found_error", "model 'nope' not found"))
        else:
            raise AssertionError("an unknown model is an error")


drive_ollama(ollama.Client(host=url))
asyncio.run(drive_ollama_async(ollama.AsyncClient(host=url)))
drive_openai(openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0))
print("all went as it should")

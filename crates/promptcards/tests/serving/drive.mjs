// Drives `prompts.mjs` of the guide: one command a line in, one line out.
import { createInterface } from "node:readline";
import { Prompt } from "./prompts.mjs";

const prompt = new Prompt("summary-bullets");
const moved = (version) => console.log("moved", version.number);

async function said(command, rest) {
  try {
    if (command === "fetch") return (await prompt.fetch(Number(rest || 0))) ? "another" : "the same";
    if (command === "render") {
      return (await prompt.render(JSON.parse(rest)))[0].content[0].text.split("\n")[0];
    }
    prompt.follow(moved);
    return "following";
  } catch (error) {
    // What `fetch` says when nobody answers.
    return error instanceof TypeError ? "away" : `refused ${error.message}`;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const [, command, rest] = /^(\S+) ?(.*)$/.exec(line);
  console.log(await said(command, rest), prompt.version?.number);
}
process.exit();

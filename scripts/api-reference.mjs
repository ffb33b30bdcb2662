#!/usr/bin/env node
// Draws the reference of the HTTP API from its document: `api-reference.mjs OPENAPI FOLDER`, one page a tag and one
// of all types.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [source, folder] = process.argv.slice(2);
const { paths, components } = JSON.parse(readFileSync(source, "utf8"));
const METHODS = ["get", "post", "put", "patch", "delete"];
const NOTE = "<!-- Generated from openapi.json by `make generate`. -->";

const operations = Object.entries(paths).flatMap(([path, item]) =>
  METHODS.filter((method) => item[method]).map((method) => ({ path, method, ...item[method] })),
);
const tags = [...new Set(operations.map(({ tags }) => tags[0]))].sort();

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const tag of tags)
  write(tag, [`# API: ${tag}`, ...operations.filter(({ tags }) => tags[0] === tag).map(operation)]);
write("types", [
  "# API: types",
  ...Object.entries(components.schemas).map(([name, schema]) => type(name, schema)),
]);

function write(name, parts) {
  writeFileSync(join(folder, `${name}.md`), `${[NOTE, ...parts].join("\n\n")}\n`);
}

function operation({ path, method, summary, description, parameters = [], requestBody, responses, ...rest }) {
  const { permission, rate_tier } = rest["x-access"];
  const parts = [`## ${summary}`, `\`${method.toUpperCase()} ${path}\``];
  if (description) parts.push(line(description));
  parts.push(`Permission \`${permission}\`, rate tier \`${rate_tier}\`.`);
  if (parameters.length) parts.push(table(["parameter", "in", "type", ""], parameters.map(parameter)));
  for (const [media, { schema }] of Object.entries(requestBody?.content ?? {})) {
    parts.push(`Body, \`${media}\`: ${typeOf(schema)}`);
    const named = schema.$ref && components.schemas[nameOf(schema)];
    if (named?.properties) parts.push(fields(named));
  }
  parts.push(
    table(
      ["answer", "body", ""],
      Object.entries(responses)
        .filter(([status]) => status !== "default")
        .map(response),
    ),
  );
  return parts.join("\n\n");
}

function parameter({ name, in: where, schema, required, description = "" }) {
  return [`\`${name}\`${required ? ", required" : ""}`, where, typeOf(schema), cell(description)];
}

function response([status, answer]) {
  const {
    description,
    content = {},
    headers = {},
  } = answer.$ref ? components.responses[answer.$ref.split("/").at(-1)] : answer;
  const body = Object.entries(content).map(([media, { schema }]) =>
    media === "application/json" ? typeOf(schema) : `\`${media}\`: ${typeOf(schema)}`,
  );
  const names = Object.keys(headers).map((name) => `\`${name}\``);
  const note = cell(description) + (names.length ? ` Headers: ${names.join(", ")}.` : "");
  return [status, body.join("; "), note.trim()];
}

function type(name, schema) {
  const parts = [`## ${name}`];
  if (schema.description) parts.push(line(schema.description));
  if (schema.properties) parts.push(fields(schema));
  else if (schema.enum) parts.push(`One of ${schema.enum.map((value) => `\`${value}\``).join(", ")}.`);
  else for (const one of choices(schema)) parts.push(choice(one));
  return parts.join("\n\n");
}

/** The kinds of a type that has several, else the type itself. */
function choices({ oneOf, anyOf, allOf, ...schema }) {
  return oneOf ?? anyOf ?? allOf ?? [schema];
}

function choice(schema) {
  if (!schema.properties) {
    const note = schema.description ? `: ${cell(schema.description)}` : "";
    return `- ${typeOf(schema)}${note}`;
  }
  return [schema.description && line(schema.description), fields(schema)].filter(Boolean).join("\n\n");
}

function fields({ properties, required = [] }) {
  const rows = Object.entries(properties).map(([name, schema]) => {
    const inner = [schema, ...(schema.oneOf ?? [])].map(({ description }) => description).filter(Boolean);
    return [
      `\`${name}\`${required.includes(name) ? ", required" : ""}`,
      typeOf(schema),
      cell(inner.join(" ")),
    ];
  });
  return table(["field", "type", ""], rows);
}

function typeOf(schema) {
  if (!schema || Object.keys(schema).every((key) => key === "description")) return "anything";
  if (schema.$ref) return `[${nameOf(schema)}](types.md#${nameOf(schema).toLowerCase()})`;
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(", ");
  const several = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  if (several) return several.map(typeOf).join(" or ");
  if ("const" in schema) return `\`${schema.const}\``;
  const names = [schema.type ?? "object"].flat().map((name) => (name === "array" ? "list" : name));
  const text =
    names.join(" or ") +
    (schema.format && !/^(u?int|double|float)/.test(schema.format) ? ` (${schema.format})` : "");
  if (schema.items && schema.items !== true) return `${text} of ${typeOf(schema.items)}`;
  return text;
}

function nameOf({ $ref }) {
  return $ref.split("/").at(-1);
}

function table(head, rows) {
  const row = (cells) => `| ${cells.join(" | ")} |`;
  return [row(head), `|${head.map(() => "---|").join("")}`, ...rows.map(row)].join("\n");
}

/** Text of the code's comments: no line break, and nothing that Markdown would take for markup of its own. */
function line(text = "") {
  return text
    .replaceAll(/\s*\n\s*/g, " ")
    .split("`")
    .map((part, index) => (index % 2 ? part : part.replaceAll(/[<*_[\]]/g, "\\$&")))
    .join("`");
}

function cell(text) {
  return line(text).replaceAll("|", "\\|");
}

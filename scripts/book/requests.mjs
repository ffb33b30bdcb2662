// Whether requests of the documentation are those of the API: their address, their method, their body.

const METHODS = ["get", "post", "put", "patch", "delete"];

/** What is wrong with a request; nothing if the document has it. `path` may begin with `…` and have placeholders. */
export function complaintOf(document, { method, path, body }) {
  const wanted = path.split("?")[0].split("/").filter(Boolean);
  const open = wanted[0] === "…";
  if (open) wanted.shift();
  const operations = Object.entries(document.paths).filter(([known]) =>
    fits(known.split("/").filter(Boolean), wanted, open),
  );
  if (operations.length === 0) return `the API has no address ${path}`;
  const own = operations.flatMap(([, item]) =>
    item[method.toLowerCase()] ? [item[method.toLowerCase()]] : [],
  );
  if (own.length === 0) {
    const has = METHODS.filter((name) => operations.some(([, item]) => item[name]));
    return `${path} has no ${method}, but ${has.join(", ").toUpperCase()}`;
  }
  if (body === undefined || open) return undefined;
  const schema = own[0].requestBody?.content["application/json"]?.schema;
  if (!schema) return `${method} ${path} takes no body of JSON`;
  return mismatch(document, schema, body, "");
}

function fits(known, wanted, open) {
  if (open ? known.length < wanted.length : known.length !== wanted.length) return false;
  const end = known.slice(known.length - wanted.length);
  return end.every((part, at) => {
    const any = /^[$<{]/.test(wanted[at]);
    // Behind `…` nothing says where a value would stand: there a word is a word.
    return part === wanted[at] || (part.startsWith("{") ? any || !open : any && !open);
  });
}

/** Where and why a value is not of a schema of the document, with a JSON pointer; nothing if it is. */
export function mismatch(document, schema, value, at) {
  if (schema === true || schema === undefined) return undefined;
  if (schema.$ref) {
    const target = schema.$ref
      .slice(2)
      .split("/")
      .reduce((node, key) => node[key], document);
    return mismatch(document, target, value, at);
  }
  const several = schema.oneOf ?? schema.anyOf;
  if (several) {
    const found = several.map((one) => mismatch(document, one, value, at));
    return found.includes(undefined) ? undefined : found.sort((a, b) => b.length - a.length)[0];
  }
  for (const one of schema.allOf ?? []) {
    const found = mismatch(document, one, value, at);
    if (found) return found;
  }
  if (schema.enum && !schema.enum.includes(value))
    return `${at || "/"}: ${JSON.stringify(value)} is none of ${schema.enum.join(", ")}`;
  const types = [schema.type ?? []].flat();
  if (types.length && !types.some((type) => is(type, value)))
    return `${at || "/"}: ${JSON.stringify(value)} is no ${types.join(" or ")}`;
  if (Array.isArray(value))
    return first(value.map((item, index) => mismatch(document, schema.items, item, `${at}/${index}`)));
  if (value === null || typeof value !== "object") return undefined;
  const missing = (schema.required ?? []).find((name) => !(name in value));
  if (missing) return `${at}/${missing} is missing`;
  return first(
    Object.entries(value).map(([name, item]) => {
      const own = schema.properties?.[name];
      if (own) return mismatch(document, own, item, `${at}/${name}`);
      if (schema.additionalProperties === false) return `${at}/${name}: there is no such field`;
      return mismatch(document, schema.additionalProperties, item, `${at}/${name}`);
    }),
  );
}

function first(list) {
  return list.find((item) => item !== undefined);
}

function is(type, value) {
  if (type === "integer") return Number.isInteger(value);
  if (type === "array") return Array.isArray(value);
  if (type === "null") return value === null;
  if (type === "object") return value !== null && typeof value === "object" && !Array.isArray(value);
  return typeof value === type;
}

/** The request of a `curl` command, if it asks our API: `{ method, path, body, raw }`. */
export function requestOf(words) {
  let method;
  let raw;
  let address;
  for (let at = 1; at < words.length; at += 1) {
    const word = words[at];
    if (/^-[a-zA-Z]*X$/.test(word) || word === "--request") method = words[++at];
    else if (["-d", "--data", "--data-binary", "--json"].includes(word)) raw = words[++at];
    else if (
      /^(-[a-zA-Z]*[HoDwTmK]|--(etag-save|etag-compare|max-time|output|header|write-out|cacert|resolve))$/.test(
        word,
      )
    )
      at += 1;
    else if (!word.startsWith("-")) address = word;
  }
  const path = /^(?:https?:\/\/[^/]+|\$\w+)?(\/api\/v1\/.*)$/.exec(address ?? "")?.[1];
  return path && { method: method ?? (raw === undefined ? "GET" : "POST"), path, raw };
}

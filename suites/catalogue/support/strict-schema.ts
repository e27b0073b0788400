import { isMessage } from "../../../helpers/protocol/json-rpc.ts";

/**
 * Why a strict client refuses a tool's input schema, one line for each place (microsoft/vscode#325618, OpenAI's function
 * schemas); empty for a schema that every client takes.
 */
export function schemaFaults(schema: unknown): string[] {
  if (!isMessage(schema)) return ["/: not an object"];
  const faults = schema.type === "object" ? [] : [`/: type is ${JSON.stringify(schema.type)}, not "object"`];
  for (const union of ["anyOf", "oneOf", "allOf"]) if (union in schema) faults.push(`/: ${union} at the top`);
  return [...faults, ...faultsWithin(schema, schema, "")];
}

function faultsWithin(node: unknown, root: Readonly<Record<string, unknown>>, path: string): string[] {
  if (Array.isArray(node)) return node.flatMap((one, index) => faultsWithin(one, root, `${path}/${index}`));
  if (!isMessage(node)) return [];
  const faults: string[] = [];
  const types = [node.type].flat();
  if (types.includes("array") && !("items" in node) && !("prefixItems" in node))
    faults.push(`${path || "/"}: an array without items`);
  const reference = node.$ref;
  if (typeof reference === "string" && !resolves(reference, root))
    faults.push(`${path || "/"}: $ref ${reference} leads nowhere`);
  // What is named `default`, `const`, `enum` or `examples` is data, not a schema.
  const inner = Object.entries(node).filter(([key]) => !["default", "const", "enum", "examples"].includes(key));
  return [...faults, ...inner.flatMap(([key, value]) => faultsWithin(value, root, `${path}/${key}`))];
}

function resolves(reference: string, root: Readonly<Record<string, unknown>>): boolean {
  if (!reference.startsWith("#")) return false;
  const steps = reference.slice(1).split("/").slice(1);
  let at: unknown = root;
  for (const step of steps) {
    const key = decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
    if (!isMessage(at) || !(key in at)) return false;
    at = at[key];
  }
  return true;
}

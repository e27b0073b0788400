import { z } from "zod";
import { suggest } from "../../core/text/nearest.ts";
import type { FaultList } from "./fault-list.ts";
import { locationOf, nodeAt, type Plain, type YamlNode } from "./yaml-tree.ts";

/**
 * A mapping that accepts the named keys and no others. zod's issue for an unknown key does not list the known ones, so the
 * message carries them to {@link readShape}.
 */
export function mapping<T extends z.ZodRawShape>(shape: T) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === "unrecognized_keys" ? Object.keys(shape).join(" ") : "a mapping"),
  });
}

/** A non-empty text. */
export const text = z.string({ error: "a text" }).min(1, { error: "a text that is not empty" });

/** One of the given words. */
export function oneOf<const T extends readonly [string, ...string[]]>(...words: T) {
  return z.enum(words, { error: `one of ${words.join(", ")}` });
}

/** A list of items of one shape. */
export function listOf<T extends z.ZodType>(item: T) {
  return z.array(item, { error: "a list" });
}

/**
 * Checks a value's shape. Each difference becomes a fault at its line.
 *
 * @param within the value's own path, for messages
 * @returns undefined when there was a fault
 */
export function readShape<T>(
  schema: z.ZodType<T>,
  node: YamlNode,
  data: Plain,
  faults: FaultList,
  within = "",
): T | undefined {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  for (const issue of result.error.issues) report(issue, node, faults, within);
  return undefined;
}

function report(issue: z.core.$ZodIssue, node: YamlNode, faults: FaultList, within: string): void {
  if (issue.code === "invalid_union") {
    // Where one form is close to the value, its faults say more than the list of all forms.
    const near = issue.errors.filter((form) => !form.some(({ path }) => path.length === 0 && !isUnknownKey(form)));
    const [form] = near;
    if (near.length === 1 && form !== undefined && form.length > 0) {
      for (const inner of form) report({ ...inner, path: [...issue.path, ...inner.path] }, node, faults, within);
      return;
    }
  }
  const name = pathName(within, issue.path);
  if (issue.code === "unrecognized_keys") {
    const known = issue.message.split(" ");
    for (const key of issue.keys) {
      const fix = suggest(key, known, `remove it (known here: ${known.join(", ")})`);
      const what = name === "" ? `unknown key '${key}'` : `unknown key '${key}' in ${name}`;
      faults.add(locationOf(node, [...issue.path, key]), what, fix);
    }
    return;
  }
  const location = locationOf(node, issue.path);
  const value = nodeAt(node, ...issue.path.map(String));
  if (value === undefined) {
    const last = String(issue.path.at(-1) ?? "");
    const parent = pathName(within, issue.path.slice(0, -1));
    faults.add(
      location,
      `'${last}' is missing${parent === "" ? "" : ` in ${parent}`}`,
      `add '${last}': ${issue.message}`,
    );
    return;
  }
  faults.add(location, `${name} is ${describe(value)}, expected ${issue.message}`, `write ${issue.message}`);
}

function isUnknownKey(issues: readonly z.core.$ZodIssue[]): boolean {
  return issues.every(({ code }) => code === "unrecognized_keys");
}

function pathName(within: string, path: readonly PropertyKey[]): string {
  let name = within;
  for (const step of path) {
    if (typeof step === "number") name += `[${step}]`;
    else name += name === "" ? String(step) : `.${String(step)}`;
  }
  return name;
}

function describe(node: YamlNode): string {
  if (node.kind === "map") return "a mapping";
  if (node.kind === "list") return "a list";
  if (node.value === null) return "empty";
  // A long text may contain a secret; a short one rarely does.
  if (typeof node.value === "string") return node.value.length > 40 ? "a text" : `'${node.value}'`;
  return `${node.value}`;
}

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { Deployment, SourceLocation } from "../types.ts";

/** Why LiteLLM refuses something, and the line of the deployment that most likely causes it. */
export interface LiteLLMBlame {
  /** One sentence. */
  cause: string;
  location: SourceLocation;
  /** As an imperative. */
  fix?: string;
}

/** What has a module of the operator's own. */
type ModuleOwner = Pick<Deployment, "litellmConfig">;

/**
 * Where a `custom_auth` module names other keys of the policy by their variables, and not this one: the line of the first of them.
 * Undefined for a module that names it, or none.
 */
export function unnamedKey(
  deployment: Pick<Deployment, "litellmConfig" | "policy">,
  variable: string,
): LiteLLMBlame | undefined {
  const { customAuthFile } = deployment.litellmConfig;
  if (customAuthFile === undefined || moduleLine(deployment, variable) !== undefined) return undefined;
  const others = deployment.policy.secrets.flatMap(({ name, kind }) => {
    const location = kind === "api-key" && name !== variable ? moduleLine(deployment, name) : undefined;
    return location === undefined ? [] : [{ name, location }];
  });
  const [first] = others.sort((one, other) => one.location.line - other.location.line);
  return (
    first && {
      cause: `${basename(customAuthFile)} names ${others.map(({ name }) => name).join(", ")}, and not ${variable}`,
      location: first.location,
      fix: `add ${variable} to the keys of ${basename(customAuthFile)}`,
    }
  );
}

/** The first line of the `custom_auth` module with a word in it, comments and texts of several lines left out. */
export function moduleLine(deployment: ModuleOwner, word: string): SourceLocation | undefined {
  return firstModuleLine(deployment, (line) => line.includes(word));
}

/**
 * The first line of the `custom_auth` module with the text of an answer, e.g. of the error with which it refuses a call. What an
 * f-string fills in may be anything. Undefined where no line has a text of some length that is in the answer.
 */
export function moduleLineOfAnswer(deployment: ModuleOwner, answer: string): SourceLocation | undefined {
  return firstModuleLine(deployment, (line) =>
    [...line.matchAll(/"([^"]+)"|'([^']+)'/g)].some(([, double, single]) => {
      const fixed = (double ?? single ?? "").split(/\{[^}]*\}/);
      return fixed.join("").length >= shortestText && fixed.every((part) => answer.includes(part));
    }),
  );
}

/** A shorter text may be in an answer by chance. Characters. */
const shortestText = 20;

/** The line of the `custom_auth` module that names a header of HTTP, e.g. to refuse two of them, or to send it. */
export function moduleLineOfHeader(deployment: ModuleOwner, name: string): SourceLocation | undefined {
  const quoted = new RegExp(`(["'])${name}\\1`, "i");
  return firstModuleLine(deployment, (line) => quoted.test(line));
}

/**
 * The line of the `custom_auth` module that refuses a call of a tool: the first `raise` of LiteLLM's hook before a call, else the
 * hook itself.
 */
export function hookLine(deployment: ModuleOwner): SourceLocation | undefined {
  let depth = -1;
  const raised = firstModuleLine(deployment, (line) => {
    const indent = line.search(/\S/);
    if (indent === -1) return false;
    if (depth !== -1 && indent <= depth) depth = -1;
    if (/\basync_pre_call_hook\b/.test(line)) depth = indent;
    return depth !== -1 && /^\s*raise\b/.test(line);
  });
  return raised ?? moduleLine(deployment, "async_pre_call_hook");
}

function firstModuleLine(
  { litellmConfig }: ModuleOwner,
  matches: (line: string) => boolean,
): SourceLocation | undefined {
  const file = litellmConfig.customAuthFile;
  if (file === undefined) return undefined;
  const code = readFileSync(file, "utf8").replaceAll(/("""|''')[\s\S]*?\1/g, (text) => text.replaceAll(/[^\n]/g, " "));
  const index = code.split("\n").findIndex((line) => matches(line.replace(/#.*/, "")));
  return index === -1 ? undefined : { file, line: index + 1 };
}

import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { isMessage, type Message } from "../../helpers/protocol/json-rpc.ts";
import { valueFault } from "../../helpers/protocol/json-schema.ts";
import { shortened } from "../protocol/channel.ts";
import { hiddenIn } from "./hidden-text.ts";
import {
  callText,
  conditional,
  fail,
  failIfAny,
  type Judgement,
  notApplicable,
  pass,
  type RunningCase,
  shownFindings,
} from "./judgement.ts";
import { isError, succeeded, textOf } from "./protocol.ts";

type CatalogueItem = 12 | 13 | 14 | 15 | 16 | 17 | 18 | 19 | 20;

/** LiteLLM's separator between the server's name and the tool's. */
const separator = "-";

/** Judges what the candidate offers. */
export function judgeCatalogue(own: RunningCase): Record<CatalogueItem, Judgement> {
  return {
    12: names(own),
    13: schemas(own),
    14: annotations(own),
    15: readOnly(own),
    16: behaviour(own),
    17: hiddenText(own),
    18: collisions(own),
    19: snapshot(own),
    20: budget(own),
  };
}

/** The longest name that model providers accept. */
export const longestName = 64;

function names({ candidate, catalogue: { tools } }: RunningCase): Judgement {
  const seen = new Map<string, number>();
  for (const { name } of tools) seen.set(name, (seen.get(name) ?? 0) + 1);
  const findings = [...seen].flatMap(([name, count]) => {
    const full = `${candidate.name}${separator}${name}`;
    return [
      ...(count > 1 ? [`${full} is listed ${count} times`] : []),
      ...(full.length > longestName ? [`${full} has ${full.length} characters`] : []),
      ...(/^[\w-]+$/.test(name) ? [] : [`${full} has characters other than letters, digits, '_' and '-'`]),
    ];
  });
  return failIfAny(
    findings,
    "rename the tool, or give the server a shorter name in the candidate file",
    `the longest of ${seen.size} names has ${Math.max(0, ...[...seen.keys()].map((name) => name.length)) + candidate.name.length + 1} characters`,
  );
}

function schemas({ catalogue: { tools } }: RunningCase): Judgement {
  const findings = tools.flatMap(({ name, inputSchema }) => {
    const schema = inputSchema as Message;
    const unions = ["anyOf", "oneOf", "allOf", "enum", "not"].filter((key) => schema[key] !== undefined);
    return [
      ...(schema.type === "object" ? [] : [`${name}: the type is ${JSON.stringify(schema.type) ?? "missing"}`]),
      ...unions.map((key) => `${name}: ${key} at the top`),
    ];
  });
  return failIfAny(
    findings,
    'write "type": "object" at the top, and unions below it',
    `${tools.length} schemas are objects`,
  );
}

function annotations({ candidate, catalogue: { tools } }: RunningCase): Judgement {
  const findings = tools.flatMap(({ name, annotations: own }) => {
    if (typeof own?.readOnlyHint !== "boolean") return [`${name} has no readOnlyHint`];
    if (own.readOnlyHint && candidate.tools.changesState.includes(name))
      return [`${name} says that it only reads, and the candidate file that it changes state`];
    if (!own.readOnlyHint && typeof own.destructiveHint !== "boolean")
      return [`${name} changes state and has no destructiveHint`];
    return [];
  });
  return failIfAny(
    findings,
    "annotate each tool: readOnlyHint, and destructiveHint where it changes something",
    `all ${tools.length} tools are annotated`,
  );
}

function readOnly({ candidate, catalogue: { tools }, seen }: RunningCase): Judgement {
  const observed = candidate.needs.filter(({ state }) => state !== undefined).map(({ name }) => name);
  // What harm a hostile call did is for item 25.
  const calls = seen.calls.filter(({ harm }) => harm === undefined);
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  const findings = calls.flatMap((call) => {
    if (call.changed.length === 0) return [];
    const saysSo = byName.get(call.tool)?.annotations?.readOnlyHint === true;
    if (!saysSo && candidate.tools.changesState.includes(call.tool)) return [];
    const claim = saysSo ? "says that it only reads" : "is not in tools.changes_state";
    return [`${call.tool} ${claim}, and ${callText(call)} changed ${call.changed.join("; ")}`];
  });
  if (findings.length > 0)
    return fail(findings, "correct the annotation and tools.changes_state, or forbid the tool at the gateway");
  if (observed.length === 0)
    return notApplicable("no service that it needs holds state (needs: state: is the command that shows it)");
  const quiet = calls.filter(({ tool }) => !candidate.tools.changesState.includes(tool));
  return pass(`${quiet.length} calls left the state of ${observed.join(", ")} as it was`);
}

function behaviour({ catalogue: { tools }, seen }: RunningCase): Judgement {
  if (tools.length === 0) return notApplicable("it lists no tool");
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  const examples = seen.calls.filter(({ purpose }) => purpose === "example");
  const findings = [
    ...examples.flatMap((call) => {
      const text = textOf(call.answer);
      if (!byName.has(call.tool)) return [`${call.tool} of the examples is not listed`];
      if (call.expected?.fails || call.answer.kind === "silent" || call.answer.kind === "ended") return [];
      if (isError(call.answer)) return [`${callText(call)} fails: ${shortened(text, 160)}`];
      const lacks = (call.expected?.contains ?? []).filter((part) => !JSON.stringify(call.answer).includes(part));
      return lacks.map((part) => `${callText(call)} answers without ${JSON.stringify(part)}: ${shortened(text, 160)}`);
    }),
    ...seen.calls.flatMap((call) => {
      const { answer } = call;
      const result = answer.kind === "result" && succeeded(call) ? answer.result : undefined;
      const wrong = outputFault(byName.get(call.tool), result);
      return wrong === undefined ? [] : [`${callText(call)}: ${wrong}`];
    }),
  ];
  if (findings.length > 0) return fail(findings, "make the tools do what they say, or correct the examples in calls");
  const worked = seen.calls.filter(({ purpose }) => purpose === "example" || purpose === "sample").filter(succeeded);
  if (worked.length === 0)
    return fail(
      `none of ${tools.length} tools worked`,
      "give it the service that it needs (needs), and examples of calls that work (calls)",
    );
  if (examples.length === 0)
    return conditional(`${worked.length} calls succeeded`, "examples in calls show what the tools are for");
  return pass(`${examples.length} examples do what they should; ${worked.length} calls succeeded`);
}

/** What is wrong with a result that its tool's outputSchema describes. */
function outputFault(tool: Tool | undefined, result: Message | undefined): string | undefined {
  if (tool?.outputSchema === undefined || result === undefined) return undefined;
  if (!isMessage(result.structuredContent)) return "it has an outputSchema, and no structuredContent";
  try {
    const wrong = valueFault(tool.outputSchema, result.structuredContent);
    return wrong && `the result is against its outputSchema: ${wrong}`;
  } catch (error) {
    return `its outputSchema can't be used: ${(error as Error).message}`;
  }
}

function hiddenText({ catalogue: { tools, prompts, resources, instructions } }: RunningCase): Judgement {
  const texts: [string, string][] = [
    ["the instructions", instructions],
    ...tools.map((tool): [string, string] => [tool.name, allTexts(tool)]),
    ...[...prompts, ...resources].map((one): [string, string] => ["a prompt or resource", allTexts(one)]),
  ];
  const findings = texts.flatMap(([where, text]) => hiddenIn(text).map((what) => `${where}: ${what}`));
  return failIfAny(findings, "do not use it before its author has explained them", `${texts.length} texts read`);
}

/** Every text in a value, keys included. */
function allTexts(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(allTexts).join("\n");
  if (isMessage(value))
    return Object.entries(value)
      .map(([key, inner]) => `${key}\n${allTexts(inner)}`)
      .join("\n");
  return "";
}

function collisions({ candidate, catalogue: { tools }, approved }: RunningCase): Judgement {
  const others = approved.filter(({ name }) => name !== candidate.name);
  const own = new Set(tools.map(({ name }) => name));
  const taken = new Map(
    others.flatMap(({ name, tools: theirs, from }) =>
      theirs.map((tool): [string, string] => [
        asClientsWrite(`${name}${separator}${tool}`),
        `${name}${separator}${tool} (${from})`,
      ]),
    ),
  );
  const clashes = [...own].flatMap((name) => {
    const other = taken.get(asClientsWrite(`${candidate.name}${separator}${name}`));
    return other === undefined ? [] : [`${candidate.name}${separator}${name} reads like ${other}`];
  });
  if (clashes.length > 0) return fail(clashes, "give the server another name in the candidate file");
  const shared = others.flatMap(({ name, tools: theirs }) =>
    theirs.filter((tool) => own.has(tool)).map((tool) => `${tool} (${name})`),
  );
  if (shared.length > 0)
    return conditional(
      `names without prefix that others have too: ${shared.join(", ")}`,
      "clients call these tools by their prefixed names only",
    );
  return pass(`no tool of ${others.length} approved upstreams has one of its names`);
}

/** Codex and others write `_` for every `-`, so that two names can become one. */
export function asClientsWrite(name: string): string {
  return name.replaceAll("-", "_").toLowerCase();
}

function snapshot({ differences }: RunningCase): Judgement {
  if (differences === undefined)
    return conditional("nothing of it was approved yet", "somebody reads the catalogue and runs it with --approve");
  const dependencies = differences.filter(({ kind }) => kind === "dependency");
  // A dependency without a pin changes whenever its authors release it: all that the candidate offers is still what was approved.
  if (dependencies.length > 0 && dependencies.length === differences.length)
    return conditional(
      shownFindings(dependencies.map(({ text }) => `a dependency has changed since the approval: ${text}`)),
      "somebody reads what these packages changed and approves it with --approve, or pins them under server.with in the candidate file",
    );
  return failIfAny(
    differences.map(({ text }) => text),
    "read what has changed: it may be a rug pull; then approve it with --approve",
    "the same as the lock file",
  );
}

function budget({ candidate, catalogue: { tools } }: RunningCase): Judgement {
  const tokens = Math.ceil(JSON.stringify(tools).length / 4);
  const { budget: most } = candidate;
  const findings = [
    ...(tools.length > most.tools ? [`${tools.length} tools; the budget is ${most.tools}`] : []),
    ...(tokens > most.tokens ? [`about ${tokens} tokens; the budget is ${most.tokens}`] : []),
  ];
  return failIfAny(
    findings,
    "allow fewer tools at the gateway (allowed_tools), or raise the budget",
    `${tools.length} tools, about ${tokens} tokens`,
  );
}

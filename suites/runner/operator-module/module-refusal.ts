import { readFileSync } from "node:fs";
import { basename, posix } from "node:path";
import { parser } from "@lezer/python";
import type { TestGateway } from "../../../containers/targets/test-gateway.ts";
import { CheckFailure, type FailureDetails } from "../../../helpers/checks/check-failure.ts";
import { NotSupported } from "../../../helpers/checks/classify.ts";
import { jsonOf } from "../../../helpers/core/text/json.ts";
import { presentFile } from "../../../helpers/deployment/litellm/container-file.ts";
import type { Deployment, SourceLocation } from "../../../helpers/deployment/types.ts";
import { type Exchange, header } from "../../../helpers/protocol/exchange.ts";
import { isMessage, resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { explainEach } from "../failure-cases.ts";

type ModuleOwner = Pick<Deployment, "litellm" | "litellmConfig">;

/** A text with which a Python module of the operator refuses requests on purpose. */
interface Refusal {
  /** As the module writes it, without the fields of an f-string. */
  text: string;
  /** What is between those fields. */
  pieces: readonly string[];
  /** Where the module raises it. */
  location: SourceLocation;
}

/**
 * A failure where a module of the operator (a callback, a guardrail, `custom_auth`) refused a request that should have been served:
 * the failure then names the line that refuses it.
 *
 * @param exchanges those of the check
 * @returns the same failure where nothing of the kind was seen
 */
export async function withModuleRefusal(
  failure: CheckFailure,
  exchanges: readonly Exchange[],
  deployment: ModuleOwner | undefined,
): Promise<CheckFailure> {
  if (deployment === undefined || !exchanges.some(({ response }) => response !== undefined)) return failure;
  const refusals = refusalsOf(deployment);
  if (refusals.length === 0) return failure;
  const details = await explainEach(failure.details, exchanges, (one, shown) =>
    explain(one, shown, refusals, deployment),
  );
  return details === failure.details ? failure : new CheckFailure(details);
}

/**
 * Whether a module of the operator refuses every call of the suite's own test upstreams, although it has the master key: a module
 * may allow calls of the operator's servers only, and such a check then proves nothing.
 *
 * @param exchanges those of a check that failed
 * @returns undefined where a call was served, or none was refused by a module
 */
export function refusedTestUpstreams(
  exchanges: readonly Exchange[],
  { deployment, masterKey }: Pick<TestGateway, "masterKey"> & { deployment: ModuleOwner },
): NotSupported | undefined {
  const calls = exchanges.filter((exchange) => isCallWith(masterKey, exchange));
  if (calls.length === 0 || calls.some(isServed)) return undefined;
  const refusal = refusalIn(calls, refusalsOf(deployment));
  if (refusal === undefined) return undefined;
  const { file, line } = refusal.location;
  return new NotSupported(
    `${basename(file)} (line ${line}) refuses calls of the suite's own test servers, with the master key too: '${refusal.text}'`,
  );
}

function explain(
  details: FailureDetails,
  shown: readonly Exchange[],
  refusals: readonly Refusal[],
  { litellm }: ModuleOwner,
): FailureDetails {
  const { location, expected, evidence } = details;
  if (evidence?.exchanges === undefined || refusalWanted.test(expected)) return details;
  const names =
    location !== undefined && (location.file !== litellm.location.file || location.line !== litellm.location.line);
  const refusal = names ? undefined : refusalIn(shown, refusals);
  if (refusal === undefined) return details;
  const { fix: _, follows: __, ...rest } = details;
  return {
    ...rest,
    cause: `${basename(refusal.location.file)} refuses it: '${refusal.text}'`,
    location: refusal.location,
  };
}

/** A check that expects a refusal is not explained by one. */
const refusalWanted = /\b40[013]\b|refus|error/i;

function refusalIn(exchanges: readonly Exchange[], refusals: readonly Refusal[]): Refusal | undefined {
  const bodies = exchanges.flatMap(({ response }) =>
    response !== undefined && isError(response) ? response.body : [],
  );
  return refusals.find(({ pieces }) => {
    const inJson = pieces.map((piece) => JSON.stringify(piece).slice(1, -1));
    return bodies.some((body) => hasInOrder(body, pieces) || hasInOrder(body, inJson));
  });
}

/** Whether an answer refuses something: a text of a module may also be in a list of tools. */
function isError({ status, body }: { status: number; body: string }): boolean {
  return status >= 400 || /"error"\s*:|"isError"\s*:\s*true/.test(body);
}

function hasInOrder(text: string, pieces: readonly string[]): boolean {
  let from = 0;
  return pieces.every((piece) => {
    const at = text.indexOf(piece, from);
    from = at + piece.length;
    return at !== -1;
  });
}

function isCallWith(key: string, { request }: Exchange): boolean {
  const message = jsonOf(request.body ?? "");
  return (
    isMessage(message) &&
    message.method === "tools/call" &&
    header(request.headers, "authorization") === `Bearer ${key}`
  );
}

/** Whether a call has a result that is not an error. */
function isServed(exchange: Exchange): boolean {
  const { id } = jsonOf(exchange.request.body ?? "") as { id: number };
  const result = resultOf(exchange, id);
  return result !== undefined && result.isError !== true;
}

/** The texts in `raise` and `return` statements of the Python modules that LiteLLM's config names. */
function refusalsOf({ litellm, litellmConfig }: ModuleOwner): Refusal[] {
  const directory = posix.dirname(litellmConfig.files[0]?.inContainer ?? "/");
  const named = litellmConfig.texts.flatMap(({ value }) => {
    const [, module] = /^(\w+(?:\.\w+)*)\.\w+$/.exec(value.value) ?? [];
    return module === undefined ? [] : [posix.join(directory, `${module.replaceAll(".", "/")}.py`)];
  });
  return [...new Set(named)].flatMap((inContainer) => {
    const file = presentFile(litellm, inContainer);
    return file === undefined ? [] : refusalsIn(file);
  });
}

function refusalsIn(file: string): Refusal[] {
  const found: Refusal[] = [];
  const source = readFileSync(file, "utf8");
  parser.parse(source).iterate({
    enter({ name, from, to, node }) {
      if (name !== "String" && name !== "FormatString") return;
      let statement = node.parent;
      while (statement !== null && !statement.name.endsWith("Statement")) statement = statement.parent;
      const isReturned = statement?.name === "ReturnStatement";
      if (statement?.name !== "RaiseStatement" && !isReturned) return;
      const [, quoted = ""] = /^\w*("""|'''|"|')([\s\S]*)\1$/.exec(source.slice(from, to))?.slice(1) ?? [];
      const line = source.slice(0, from).split("\n").length;
      // What is between the fields of an f-string.
      const pieces = name === "FormatString" ? quoted.split(/\{[^}]*\}/) : [quoted];
      const text = pieces.join("…").trim();
      // LiteLLM refuses with the text that a hook returns. One word is a value, e.g. a server's name.
      if (text.replace(liteLLMsOwn, "").length < shortestText || (isReturned && !text.includes(" "))) return;
      found.push({ text, pieces, location: { file, line } });
    },
  });
  return found;
}

/** Shorter texts, e.g. `error` or `detail`, are in many answers, whoever wrote them. */
const shortestText = 12;
/** LiteLLM writes it in front of its own reasons. */
const liteLLMsOwn = /^Authentication Error,?/;

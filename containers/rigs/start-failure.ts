import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import { mountedFile } from "../../helpers/deployment/litellm/container-file.ts";
import type { ComposeService, Deployment, SourceLocation } from "../../helpers/deployment/types.ts";
import { refusedOption } from "./refused-option.ts";

/** What LiteLLM raises for a config that it does not accept; what it lacks in its image is not among them. */
const refusal = /^\s*(?:[\w.]+\.)?((?:Value|Key|Validation|Scanner|Parser|Attribute)Error): *(.+)$/;

/**
 * The deployment's own fault behind a LiteLLM that does not start: its log ends with an error that quotes a value of its config, it
 * does not accept a word of its command, it refuses the address of its database, or the engine may not execute the script that is its entrypoint.
 * Anything else may be the environment's fault, and stays one.
 *
 * @param error what the start of a rig ended with
 * @returns the failure of every check that needs LiteLLM; undefined where neither says so
 */
export function startFailure(
  error: unknown,
  { litellm, litellmConfig }: Pick<Deployment, "litellm" | "litellmConfig">,
): CheckFailure | undefined {
  if (!(error instanceof EnvironmentError) || error.part !== "litellm") return undefined;
  const { version } = litellmConfig;
  const known =
    notExecutable(error.message, litellm) ??
    refusedOption(error.log, litellm, version) ??
    refusedDatabase(error.log, litellm, version);
  if (known !== undefined) return known;
  const at = error.log.findLastIndex((one) => refusal.test(one));
  // What follows must be the end of the start, and not of a start that went on.
  if (!error.log.slice(at + 1).every((one) => /^\s*$|Application startup failed/.test(one))) return undefined;
  const line = error.log[at];
  const [, name = "", message = ""] = refusal.exec(line ?? "") ?? [];
  const location = quotedValue(message, litellmConfig);
  if (location === undefined) return undefined;
  return new CheckFailure({
    summary: `LiteLLM ${litellmConfig.version} does not start with this config`,
    code: "does-not-start",
    expected: `${litellm.name} starts`,
    actual: `${name}: ${message}`,
    cause: `LiteLLM refuses its config: ${message}`,
    location,
    fix: "correct the value, or use a version that accepts it",
    evidence: { received: error.log.slice(-3).join("\n") },
  });
}

/** A mounted script without the permission to execute, as the first word of the entrypoint. */
function notExecutable(message: string, litellm: ComposeService): CheckFailure | undefined {
  const [, program] = /exec: "([^"]+)": permission denied/.exec(message) ?? [];
  const file = program === undefined ? undefined : mountedFile(litellm, program);
  const mount = litellm.mounts.find(({ target }) => target === program || program?.startsWith(`${target}/`));
  if (file === undefined || mount === undefined) return undefined;
  return new CheckFailure({
    summary: `the container of ${litellm.name} does not start`,
    code: "does-not-start",
    expected: `${program} is started`,
    actual: `permission denied: ${program} is not executable`,
    cause: `${file}, which is mounted there, has no permission to execute`,
    location: mount.location,
    fix: `chmod +x ${file}, and commit the mode`,
  });
}

/** A database's address that is not PostgreSQL's. LiteLLM takes an empty variable for an address too (1.99.0 on, by source). */
function refusedDatabase(
  log: readonly string[],
  litellm: ComposeService,
  version: string | undefined,
): CheckFailure | undefined {
  const line = log.find((one) => /uses unsupported scheme/.test(one));
  const [said = "", name = "", scheme] =
    /\b(DATABASE_URL|DIRECT_URL) uses unsupported scheme '([^']*)'/.exec(line ?? "") ?? [];
  const variable = litellm.environment.get(name);
  if (variable === undefined) return undefined;
  const isEmpty = variable.value === "";
  return new CheckFailure({
    summary: `LiteLLM ${version} does not start with this ${name}`,
    code: "does-not-start",
    expected: `${litellm.name} starts`,
    actual: said,
    cause: isEmpty
      ? `${name} is empty, and not unset: LiteLLM takes it for the address of a database`
      : `${name} is not an address of PostgreSQL: its scheme is ${scheme}`,
    location: variable.location,
    fix: isEmpty
      ? `remove ${name} where LiteLLM has no database (\`\${${name}:-}\` sets it to an empty text), or give it a postgresql:// address`
      : `give ${name} a postgresql:// address`,
    evidence: { received: said },
  });
}

/** The line of the config with a value that a message quotes, also as a module and its attribute. */
function quotedValue(
  message: string,
  { texts }: Pick<Deployment["litellmConfig"], "texts">,
): SourceLocation | undefined {
  const attribute = /module '([\w.]+)' has no attribute '(\w+)'/.exec(message);
  const named = attribute === null ? [] : [`${attribute[1]}.${attribute[2]}`];
  const quotes = [...message.matchAll(/'([^']{3,})'|"([^"]{3,})"/g)].map(
    ([, single, double]) => single ?? double ?? "",
  );
  for (const quoted of [...named, ...quotes]) {
    const found = texts.find(({ value }) => value.value === quoted);
    if (found !== undefined) return found.value.location;
  }
  return undefined;
}

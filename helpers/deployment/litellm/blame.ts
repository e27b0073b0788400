import { readFileSync } from "node:fs";
import { basename, posix } from "node:path";
import { stdioServers } from "../services/stdio-servers.ts";
import type { Deployment, SourceLocation } from "../types.ts";

/** Why LiteLLM refuses something, and the line of the deployment that most likely causes it. */
export interface LiteLLMBlame {
  /** One sentence. */
  cause: string;
  location: SourceLocation;
  /** As an imperative. */
  fix?: string;
}

/** What the functions here look at. */
type Blamed = Pick<Deployment, "litellmConfig" | "litellm" | "policy" | "variables">;

/** The variable in which LiteLLM's master key is by LiteLLM's own documentation. */
const usualVariable = "LITELLM_MASTER_KEY";

/**
 * Where the deployment says which key this is and what it may do: the line of the `custom_auth` module that names the key's
 * variable, the master key in LiteLLM's config, or the variable. Undefined for a key that no file has.
 */
export function keyLine(deployment: Blamed, key: string): LiteLLMBlame | undefined {
  const { litellmConfig, litellm, policy, variables } = deployment;
  const written = textIn(deployment, "general_settings", "master_key");
  const variable = [...variables].find(([, { value }]) => value === key)?.[0];
  if (key === litellmConfig.masterKey) {
    const own = referenceIn(written?.value) ?? usualVariable;
    if (own !== variable) {
      const secret = policy.secrets.find(({ name }) => name === own);
      const location = litellm.environment.get(own)?.location ?? secret?.location ?? written?.location;
      if (variable === undefined && location !== undefined)
        return { cause: `the variable ${own}, which holds the master key, has no value`, location };
    }
    if (own !== usualVariable && written !== undefined)
      return { cause: `the master key is the value of ${own}, and LiteLLM refuses it`, location: written.location };
  }
  const line = variable === undefined ? undefined : moduleLine(deployment, variable);
  if (line !== undefined)
    return { cause: `${litellmConfig.customAuth} refuses the key of ${variable}`, location: line };
  const unnamed = variable === undefined ? undefined : unnamedKey(deployment, variable);
  if (unnamed !== undefined) return unnamed;
  if (key === litellmConfig.masterKey && written !== undefined)
    return { cause: "LiteLLM refuses the master key", location: written.location };
  const secret = policy.secrets.find(({ name }) => name === variable);
  return secret && { cause: `LiteLLM refuses the key of ${secret.name}`, location: secret.location };
}

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
export function moduleLine(deployment: Pick<Deployment, "litellmConfig">, word: string): SourceLocation | undefined {
  return firstModuleLine(deployment, (line) => line.includes(word));
}

/**
 * The first line of the `custom_auth` module with the text of an answer, e.g. of the error with which it refuses a call. What an
 * f-string fills in may be anything. Undefined where no line has a text of some length that is in the answer.
 */
export function moduleLineOfAnswer(
  deployment: Pick<Deployment, "litellmConfig">,
  answer: string,
): SourceLocation | undefined {
  return firstModuleLine(deployment, (line) =>
    [...line.matchAll(/"([^"]+)"|'([^']+)'/g)].some(([, double, single]) => {
      const fixed = (double ?? single ?? "").split(/\{[^}]*\}/);
      return fixed.join("").length >= shortestText && fixed.every((part) => answer.includes(part));
    }),
  );
}

/** A shorter text may be in an answer by chance. Characters. */
const shortestText = 20;

function firstModuleLine(
  { litellmConfig }: Pick<Deployment, "litellmConfig">,
  matches: (line: string) => boolean,
): SourceLocation | undefined {
  const file = litellmConfig.customAuthFile;
  if (file === undefined) return undefined;
  const code = readFileSync(file, "utf8").replaceAll(/("""|''')[\s\S]*?\1/g, (text) => text.replaceAll(/[^\n]/g, " "));
  const index = code.split("\n").findIndex((line) => matches(line.replace(/#.*/, "")));
  return index === -1 ? undefined : { file, line: index + 1 };
}

/**
 * Where a server's entry in LiteLLM's config says otherwise than the policy: the environment that has another variable than
 * the server's DSN, the arguments without its directory (the command without arguments), or a command with a typing error. Otherwise the entry itself; undefined without one.
 */
export function serverLine(deployment: Blamed, server: string): LiteLLMBlame | undefined {
  const { litellmConfig, policy } = deployment;
  const entry = litellmConfig.upstreams.find(({ name }) => name === server);
  const meant = policy.upstreams.find(({ name }) => name === server);
  const own = litellmConfig.texts.filter(({ path }) => path[0] === "mcp_servers" && path[1] === server);
  const ofSection = (section: string) => own.filter(({ path }) => path[2] === section);
  const { database, directory } = meant ?? {};
  const names = (text: string): boolean => own.some(({ value }) => value.value.includes(text));
  const dsn = database && deployment.variables.get(database.variable)?.value;
  const hasDsn =
    entry?.transport === "stdio" && dsn !== undefined && [...entry.env.values(), ...entry.args].includes(dsn);
  if (database !== undefined && !names(database.variable) && !hasDsn) {
    const [first] = [...ofSection("env"), ...ofSection("args"), ...ofSection("url")];
    if (first !== undefined)
      return {
        cause: `the entry of ${server} does not name ${database.variable}, in which the policy has its DSN`,
        location: first.value.location,
      };
  }
  if (directory !== undefined && !names(directory)) {
    const [first] = ofSection("args");
    if (first !== undefined)
      return {
        cause: `the arguments of ${server} do not name ${directory}, its directory by the policy`,
        location: first.value.location,
      };
    if (entry?.transport === "stdio" && entry.args.length === 0)
      return {
        cause: `the entry of ${server} has no arguments, which would name ${directory}, its directory by the policy`,
        location: entry.commandAt ?? entry.location,
        fix: `set args: [${directory}]`,
      };
  }
  const planned = stdioServers(deployment).find(({ upstream }) => upstream.name === server);
  const installed = planned?.server?.launcher === undefined ? planned?.server?.command : undefined;
  if (planned !== undefined && installed !== undefined && installed !== posix.basename(planned.upstream.command)) {
    const { command, commandAt, location } = planned.upstream;
    return {
      cause: `its command is '${command}', which no package of the run has: '${installed}' may be meant`,
      location: commandAt ?? location,
      fix: `write '${installed}'`,
    };
  }
  return entry && { cause: "its command, arguments or environment in LiteLLM's config", location: entry.location };
}

/**
 * Where a server's entry in LiteLLM's config has an option of its command, else its first argument, else the command; undefined for
 * an entry without a command.
 *
 * @param option e.g. `--access-mode`
 */
export function argumentLine(
  { litellmConfig }: Pick<Deployment, "litellmConfig">,
  server: string,
  option: string,
): SourceLocation | undefined {
  const own = litellmConfig.texts.filter(
    ({ path: [section, name, key] }) => section === "mcp_servers" && name === server && key === "args",
  );
  const entry = litellmConfig.upstreams.find(({ name }) => name === server);
  const command = entry?.transport === "stdio" ? entry.commandAt : undefined;
  return (own.find(({ value }) => value.value.startsWith(option)) ?? own[0])?.value.location ?? command;
}

function textIn({ litellmConfig }: Pick<Deployment, "litellmConfig">, ...path: readonly string[]) {
  return litellmConfig.texts.find((text) => text.path.join("\n") === path.join("\n"))?.value;
}

/** The variable of `os.environ/X`. */
function referenceIn(text: string | undefined): string | undefined {
  return /^os\.environ\/(\w+)$/.exec(text ?? "")?.[1];
}

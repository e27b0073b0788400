import { posix } from "node:path";
import { stdioServers } from "../services/stdio-servers.ts";
import type { Deployment, SourceLocation } from "../types.ts";
import { type LiteLLMBlame, moduleLine, unnamedKey } from "./module-lines.ts";

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

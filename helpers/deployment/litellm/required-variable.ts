import { nearest } from "../../core/text/nearest.ts";
import type { Deployment } from "../types.ts";
import type { LiteLLMBlame } from "./module-lines.ts";

/** How a server says that it needs a variable: "via 'X' environment variable", "environment variable X is required". */
const demands = [
  /['"`]?\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b['"`]?\s+(?:environment|env)\s+var/,
  /(?:environment|env)\s+var(?:iable)?s?:?\s+['"`]?([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b/i,
];

/**
 * The variable that a server's command asks for and does not get from its entry in LiteLLM's config, by what it wrote: with the
 * line of its environment, else of its command. Undefined where it asks for none, or has the variable.
 *
 * @param output the command's own, e.g. `specify it via 'DATABASE_URI' environment variable`
 */
export function requiredVariable(
  { litellmConfig }: Pick<Deployment, "litellmConfig">,
  server: string,
  output: string,
): LiteLLMBlame | undefined {
  const entry = litellmConfig.upstreams.find(({ name }) => name === server);
  if (entry?.transport !== "stdio") return undefined;
  const variable = demands.map((demand) => demand.exec(output)?.[1]).find((name) => name !== undefined);
  if (variable === undefined || entry.env.has(variable) || entry.args.some((text) => text.includes(variable)))
    return undefined;
  const [own] = litellmConfig.texts.filter(
    ({ path: [section, name, key] }) => section === "mcp_servers" && name === server && key === "env",
  );
  const similar = nearest(variable, entry.env.keys());
  return {
    cause: `its command asks for the variable ${variable}, which the env of its entry does not set`,
    location: own?.value.location ?? entry.commandAt ?? entry.location,
    fix: similar === undefined ? `set ${variable} in the env of ${server}` : `rename ${similar} to ${variable}`,
  };
}

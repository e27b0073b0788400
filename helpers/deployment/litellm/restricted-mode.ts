import type { Deployment } from "../types.ts";
import { argumentLine } from "./blame.ts";
import type { LiteLLMBlame } from "./module-lines.ts";

const command = "postgres-mcp";
const option = "--access-mode";

/**
 * Where a server of postgres-mcp is started without its restricted mode, in which it only reads: its argument, else its command.
 * Undefined for a server of another command, and for one that is restricted.
 */
export function unrestrictedLine(
  { litellmConfig }: Pick<Deployment, "litellmConfig">,
  server: string,
): LiteLLMBlame | undefined {
  const entry = litellmConfig.upstreams.find(({ name }) => name === server);
  if (entry?.transport !== "stdio") return undefined;
  const { args } = entry;
  const index = args.findLastIndex((one) => one === option || one.startsWith(`${option}=`));
  const mode = args[index]?.includes("=")
    ? args[index].slice(option.length + 1)
    : index === -1
      ? undefined
      : args[index + 1];
  const isPostgresMcp = mode !== undefined || [entry.command, ...args].some((text) => text.includes(command));
  if (!isPostgresMcp || mode === "restricted") return undefined;
  return {
    cause:
      mode === undefined
        ? `${server} is started without ${option}, and ${command} then lets every statement through`
        : `${server} is started with ${option}=${mode}`,
    location: argumentLine({ litellmConfig }, server, option) ?? entry.location,
    fix: `start it with ${option}=restricted`,
  };
}

import { posix } from "node:path";
import type { UpstreamConfig } from "../../litellm/types.ts";
import { readLauncher } from "../../services/launcher.ts";
import type { PackageSpec } from "../../services/package-spec.ts";
import { stdioServer } from "../../services/stdio-servers.ts";
import type { ItemOf } from "../policy-input.ts";

type UpstreamInput = ItemOf<"upstreams">;

/** A server that LiteLLM starts. */
export type StdioUpstream = UpstreamConfig & { transport: "stdio" };

/** Asked for a server that can't be part of the run. */
export const askForStandIn =
  "which tools must it offer? With `stand_in: true` and `tools:` a server of the suite's own takes its place";

/** The version, where neither the command nor LiteLLM's Dockerfile says it. */
export function statedVersion(
  upstream: StdioUpstream,
  built: readonly PackageSpec[],
  versionsOf: (command: string) => readonly string[],
): { value: Pick<UpstreamInput, "version" | "left_out">; questions: readonly string[] } {
  const server = stdioServer(upstream, undefined, built);
  if (server?.version !== undefined) return { value: {}, questions: [] };
  const command = server?.command ?? upstream.command;
  if (server?.packages !== undefined) {
    const isFetchedOnce = server.launcher?.offline !== undefined || server.launcher?.name === "docker";
    const gets = isFetchedOnce ? "it is the one that the gateway has already" : "each start gets the newest";
    return { value: {}, questions: [`which version of ${command} runs? None is named, so ${gets}`] };
  }
  const version = server === undefined ? undefined : versionsOf(command).at(0);
  if (version === undefined) return unknownPackage(upstream, command);
  return {
    value: { version },
    questions: [`which version of ${command} runs? No file names it, so the suite's own is stated`],
  };
}

/** Programs that run what their arguments name: no package of theirs is the server. */
const interpreter =
  /^(?:python[\d.]*|node|nodejs|deno|bun|tsx|ts-node|java|ruby|php|dotnet|go|(?:ba|da|z)?sh|uv|poetry|npm|pnpm|yarn|docker|podman)$/;

/** What is left out because nothing says which package has it. */
function unknownPackage(
  { command: program, args }: StdioUpstream,
  command: string,
): { value: Pick<UpstreamInput, "left_out">; questions: readonly string[] } {
  const call = readLauncher(program, args);
  if (call !== undefined)
    return {
      value: { left_out: `no file says which package is in ${call.target}` },
      questions: [
        `which package is in ${call.target}? With \`package:\` and its exact version it is part of the run, and with \`stand_in: true\` and \`tools:\` a server of the suite's own takes its place`,
      ],
    };
  if (!interpreter.test(posix.basename(program)))
    return {
      value: { left_out: `no file says which package ${command} is in, or its version` },
      questions: [`which package is ${command} in? With \`package:\` and its exact version it is part of the run`],
    };
  // Words behind the first one may be secrets.
  const end = args.findIndex((word) => !word.startsWith("-")) + 1;
  const shown = [posix.basename(program), ...args.slice(0, end)].join(" ");
  return {
    value: { left_out: `it starts ${shown}, and no file says which package has that` },
    questions: [askForStandIn],
  };
}

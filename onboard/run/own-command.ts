import type { PartImage } from "../../containers/images/part-image.ts";
import { execute } from "../../containers/parts/container-command.ts";
import { readyWhenRunning } from "../../containers/parts/readiness.ts";
import { type PartContext, startPart } from "../../containers/parts/start-part.ts";
import { deadlines } from "../../helpers/core/deadlines.ts";
import { DeploymentError } from "../../helpers/core/errors.ts";
import { type PackageSpec, packageText } from "../../helpers/deployment/services/package-spec.ts";
import type { Candidate } from "../candidate/types.ts";

/** Prints the commands that a package brings, one a line: the package's name, then its folder or nothing. */
const scripts: Readonly<Record<PackageSpec["ecosystem"], readonly string[]>> = {
  npm: [
    "node",
    "-e",
    "const { bin, name } = require(`/usr/local/lib/node_modules/${process.argv[1]}/package.json`);" +
      "const own = name.replace(/^@[^/]*\\//, '');" +
      "const commands = typeof bin === 'string' ? { [own]: bin } : (bin ?? {});" +
      // Two names of one program are one command.
      "const named = own in commands ? [own] : Object.values(Object.fromEntries(" +
      "Object.entries(commands).map(([command, program]) => [program, command])));" +
      "console.log(named.join('\\n'))",
  ],
  pypi: [
    "/opt/service/bin/python",
    "-c",
    "import sys; from importlib.metadata import distribution;" +
      "print('\\n'.join(e.name for e in distribution(sys.argv[1]).entry_points if e.group == 'console_scripts'))",
  ],
};

/**
 * The candidate with the command of its package, where its file names none: the only one, or the one of the package's own name, as
 * npx chooses it.
 *
 * @throws {DeploymentError} when the package has several commands, and none of its own name
 */
export async function withOwnCommand(context: PartContext, candidate: Candidate, image: PartImage): Promise<Candidate> {
  const { server, locations } = candidate;
  if (server.from === "image" || server.isCommandStated) return candidate;
  const [first] = server.packages;
  if (first === undefined) return candidate;
  const part = await startPart(context, "commands", {
    name: "candidate",
    image,
    networks: [],
    entrypoint: ["sleep"],
    command: ["infinity"],
    ready: readyWhenRunning,
    startDeadline: deadlines.smallPartStart,
  });
  const name = first.name.replace(/\[.*$/, "");
  const { stdout } = await execute(context.engine, part.containerId, [...scripts[first.ecosystem], name]);
  const commands = stdout.split("\n").filter((line) => line !== "");
  const command = chosenCommand(server.command, commands);
  if (command !== undefined) return { ...candidate, server: { ...server, command } };
  throw new DeploymentError([
    {
      ...locations.server,
      what: `server names no command, and ${packageText(first)} has none of its own name`,
      fix: `write one of its commands: command: ${commands.join(", or ")}`,
    },
  ]);
}

/**
 * The command that starts a package.
 *
 * @param own the package's name without its scope
 * @param commands what the package has; empty where that is not known
 * @returns undefined where only the operator can choose
 */
export function chosenCommand(own: string, commands: readonly string[]): string | undefined {
  const [only, ...others] = commands;
  if (only === undefined || commands.includes(own)) return own;
  return others.length === 0 ? only : undefined;
}

import { posix } from "node:path";
import { mistyped } from "../../core/text/nearest.ts";
import type { ComposeService } from "../compose/types.ts";
import type { UpstreamConfig } from "../litellm/types.ts";
import type { PolicyUpstream } from "../policy/types.ts";
import type { Deployment } from "../types.ts";
import { outlineOf } from "./build-outline.ts";
import { knownImage, knownPackages } from "./known-images.ts";
import { type LauncherCall, type LauncherName, readLauncher } from "./launcher.ts";
import { type OwnScript, ownScript } from "./own-script.ts";
import { type PackageSpec, unscopedName } from "./package-spec.ts";

/** A server that LiteLLM starts over stdio, and what its command comes from. */
export interface StdioServer {
  /** What starts it; behind a launcher the package's command, or the name of its default one. */
  command: string;
  /** Undefined for the newest. */
  version: string | undefined;
  /** What is installed, the package with the command first; undefined where neither a file nor the command's name says it. */
  packages: readonly PackageSpec[] | undefined;
  /** The operator's own script. Nothing is installed for its command but Node.js, or what `npx` starts it with. */
  script?: OwnScript;
  /** What fetches it at its start, as the operator runs it; undefined where LiteLLM's config names the command itself. */
  launcher: Launcher | undefined;
}

/** A program that fetches a server at its start. */
export interface Launcher {
  name: LauncherName;
  arguments: readonly string[];
  environment: Readonly<Record<string, string>>;
  /** What it fetches, as written: a package or an image. */
  target: string;
  /** Whether the target names a version. */
  isPinned: boolean;
  /** The option by which it fetches nothing: {@link LauncherCall.offline}. */
  offline?: string;
}

/** A stdio server of LiteLLM's config in the plan. */
export interface PlannedStdioServer {
  upstream: StdioUpstream;
  /** Undefined where nothing says which package it is. */
  server: StdioServer | undefined;
}

type StdioUpstream = UpstreamConfig & { transport: "stdio" };

/**
 * The stdio servers of LiteLLM's config that are part of the run, and what each comes from. In the place of a command with a typing
 * error the run installs the one that is meant: LiteLLM then does not find what its config names, as on the gateway. Nor is a launcher
 * installed that LiteLLM's container lacks.
 */
export function stdioServers({
  policy,
  litellm,
  litellmConfig,
}: Pick<Deployment, "policy" | "litellm" | "litellmConfig">): PlannedStdioServer[] {
  const built = litellm.build === undefined ? [] : (outlineOf(litellm.build)?.packages ?? []);
  return litellmConfig.upstreams.flatMap((upstream) => {
    const own = policy.upstreams.find(({ name }) => name === upstream.name);
    if (upstream.transport !== "stdio" || upstream.cannotStart !== undefined) return [];
    if (own?.leftOut !== undefined || own?.standIn === true) return [];
    const script = startedScript(upstream, own, litellm);
    if (script !== undefined && readLauncher(upstream.command, upstream.args) === undefined)
      return { upstream, server: { ...notInstalled(upstream), script } };
    const server = stdioServer(upstream, own, built);
    if (server === undefined) return { upstream, server };
    const command = meantCommand(upstream, server, litellm) ?? server.command;
    const { version, packages = packagesOf(command, version) } = server;
    return { upstream, server: { ...server, command, packages, ...(script === undefined ? {} : { script }) } };
  });
}

/** What a script of the operator's imports and the run can't have, for messages; empty for any other server. */
export function missingImports(upstream: StdioUpstream, litellm: ComposeService): readonly string[] {
  return ownScript(upstream, litellm)?.missing ?? [];
}

/** Whether a server is a script of the operator's that the run can start: no package has its command. */
export function startsOwnScript(...given: Parameters<typeof startedScript>): boolean {
  return startedScript(...given) !== undefined;
}

function startedScript(
  upstream: StdioUpstream,
  policy: Pick<PolicyUpstream, "package"> | undefined,
  litellm: ComposeService,
): OwnScript | undefined {
  const script = policy?.package === undefined ? ownScript(upstream, litellm) : undefined;
  return script?.missing.length === 0 ? script : undefined;
}

function notInstalled({ command }: StdioUpstream): StdioServer {
  return { command: posix.basename(command), version: undefined, packages: undefined, launcher: undefined };
}

/**
 * What must be installed for a stdio server, so that its command runs without fetching anything.
 *
 * @param built the packages that the operator's own image installs
 * @returns undefined where nothing says which package it is
 */
export function stdioServer(
  upstream: StdioUpstream,
  policy: PolicyUpstream | undefined,
  built: readonly PackageSpec[],
): StdioServer | undefined {
  const { command, args } = upstream;
  const call = readLauncher(command, args);
  if (call === undefined) {
    const name = posix.basename(command);
    const spec = policy?.package ?? built.find((one) => unscopedName(one) === name || commandsOf[one.name] === name);
    return {
      command: name,
      version: policy?.version ?? spec?.version,
      packages: spec === undefined ? undefined : [{ ...spec, version: policy?.version ?? spec.version }],
      launcher: undefined,
    };
  }
  return launchedServer(call, args, policy);
}

/**
 * What must be installed for a server that a launcher fetches.
 *
 * @param args all of the launcher's
 * @param policy what replaces the package or its version
 * @returns undefined where nothing says which package it is
 */
export function launchedServer(
  call: LauncherCall,
  args: readonly string[],
  policy: Pick<PolicyUpstream, "package" | "version"> | undefined,
): StdioServer | undefined {
  const [named, ...added] = call.packages;
  const image = call.launcher === "docker" ? knownImage(call.target)?.package : undefined;
  const first = policy?.package ?? named ?? (image === undefined ? undefined : { ...image, version: undefined });
  if (first === undefined) return undefined;
  const version = first.version ?? policy?.version;
  return {
    command: call.command ?? unscopedName(first),
    version,
    packages: [{ ...first, version }, ...added],
    launcher: {
      name: call.launcher,
      arguments: args.slice(0, call.ownArguments),
      environment: Object.fromEntries(call.environment),
      target: call.target,
      isPinned: call.launcher === "docker" ? /[:@][^/]+$/.test(call.target) : named?.version !== undefined,
      ...(call.offline === undefined ? {} : { offline: call.offline }),
    },
  };
}

/**
 * The command that is meant by one with a typing error: a known server's, or one that the operator lets LiteLLM start
 * (`LITELLM_MCP_STDIO_EXTRA_COMMANDS`).
 *
 * @returns undefined for a command whose package is known, and for one that the operator's own image may install or that is allowed
 */
export function meantCommand(
  { command }: Pick<StdioUpstream, "command">,
  { packages }: Pick<StdioServer, "packages">,
  { build, environment }: Pick<ComposeService, "build" | "environment">,
): string | undefined {
  if (packages !== undefined || build !== undefined) return undefined;
  const allowed = environment.get("LITELLM_MCP_STDIO_EXTRA_COMMANDS")?.value ?? "";
  const own = allowed.split(",").map((name) => name.trim());
  return mistyped(posix.basename(command), [...own, ...knownPackages.map(commandOf)]);
}

/** The known package of a command, in a version that the policy states. */
function packagesOf(command: string, version: string | undefined): readonly PackageSpec[] | undefined {
  const known = knownPackages.find((one) => commandOf(one) === command);
  return known === undefined || version === undefined ? undefined : [{ ...known, version }];
}

function commandOf({ name }: Pick<PackageSpec, "name">): string {
  return commandsOf[name] ?? name;
}

/** Commands of packages that have another name. */
const commandsOf: Readonly<Record<string, string>> = Object.fromEntries(
  ["filesystem", "everything", "memory", "sequential-thinking"].map((name) => [
    `@modelcontextprotocol/server-${name}`,
    `mcp-server-${name}`,
  ]),
);

import type { ComposeService } from "../../compose/types.ts";
import type { UpstreamConfig } from "../../litellm/types.ts";
import { type DeploymentView, dockerfileText } from "../deployment-view.ts";
import type { ItemOf, Stated } from "../policy-input.ts";
import { type KnownPackage, packageOf, packagesIn, packageText } from "./packages.ts";
import { isPostgresUrl } from "./secret-kinds.ts";

type UpstreamInput = ItemOf<"upstreams">;

/** What is known of upstreams beyond the deployment's files. */
export interface UpstreamKnowledge {
  /** The versions of a package, or of a stdio command, that the suite can install without a registry; newest last. */
  versionsOf(name: string): readonly string[];
  /** The tools that an upstream listed when it was asked; undefined where it was not, or did not answer. */
  toolsOf(upstream: string): readonly string[] | undefined;
}

/** The MCP servers of LiteLLM's config. */
export function stateUpstreams(view: DeploymentView, known: UpstreamKnowledge): Stated<UpstreamInput>[] {
  return (view.config?.upstreams ?? []).map((upstream) =>
    upstream.transport === "stdio" ? stdioUpstream(view, upstream, known) : urlUpstream(view, upstream, known),
  );
}

function stdioUpstream(
  view: DeploymentView,
  upstream: UpstreamConfig & { transport: "stdio" },
  known: UpstreamKnowledge,
): Stated<UpstreamInput> {
  const { name, command, args } = upstream;
  const version = versionOf(view.litellm, upstream, known);
  const database = databaseOf(view, upstream);
  const directory = /filesystem/i.test([command, ...args].join(" "))
    ? args.find((word) => /^\/\w/.test(word))
    : undefined;
  const offered = statedTools(known.toolsOf(name));
  const isUnavailable = version.isUnknown && offered.tools.length === 0;
  return {
    value: {
      name,
      ...version.value,
      ...(database === undefined ? {} : { database }),
      ...(directory === undefined ? {} : { directory }),
      ...(isUnavailable
        ? { left_out: `no file names the version of ${packageName(upstream)}` }
        : { tools: offered.tools }),
    },
    questions: [...version.questions, ...(isUnavailable ? [] : offered.questions)],
  };
}

function packageName({ command, args }: UpstreamConfig & { transport: "stdio" }): string {
  return packageOf(command, args)?.name ?? command;
}

interface StatedVersion {
  value: Pick<UpstreamInput, "version" | "package">;
  questions: readonly string[];
  isUnknown: boolean;
}

/** The version of the package behind a command: the command's, LiteLLM's Dockerfile's, else one that the suite has. */
function versionOf(
  litellm: ComposeService,
  { command, args }: UpstreamConfig & { transport: "stdio" },
  { versionsOf }: UpstreamKnowledge,
): StatedVersion {
  const own = packageOf(command, args);
  if (own?.version !== undefined) return { value: {}, questions: [], isUnknown: false };
  const built = installedBy(litellm, command, own);
  if (built?.version !== undefined) return { value: { version: built.version }, questions: [], isUnknown: false };
  const [version] = [...versionsOf(own?.name ?? command), ...versionsOf(command)];
  if (version === undefined) {
    const name = own?.name ?? command;
    return {
      value: {},
      questions: [`which version of ${name} runs? With 'package: …' of an exact version it can be part of the run`],
      isUnknown: true,
    };
  }
  const isFetched = /(?:^|\/)(?:npx|uvx|bunx|pipx)$/.test(command);
  const text = isFetched && own !== undefined ? packageText({ ...own, version }) : undefined;
  return {
    value: text === undefined ? { version } : { package: text },
    questions: [`which version of ${own?.name ?? command} runs? No file names it, so the suite's own is stated`],
    isUnknown: false,
  };
}

/** The package that LiteLLM's own Dockerfile installs for a command. */
function installedBy(
  { build }: ComposeService,
  command: string,
  own: KnownPackage | undefined,
): KnownPackage | undefined {
  if (build === undefined) return undefined;
  const installed = packagesIn(dockerfileText(build));
  const bare = (name: string): string => name.replace(/^@[\w.-]+\//, "").toLowerCase();
  return installed.find(({ name }) => name === own?.name || bare(name) === command.toLowerCase());
}

/** The variable with an upstream's DSN. */
function databaseOf(
  { variables }: DeploymentView,
  { env }: UpstreamConfig & { transport: "stdio" },
): string | undefined {
  const urls = [...variables].filter(([, value]) => isPostgresUrl(value));
  for (const value of env.values()) {
    const named = /^(?:os\.environ\/|\$\{?)(\w+)\}?$/.exec(value)?.[1];
    const found = urls.find(([name, url]) => url === value || name === named);
    if (found !== undefined) return found[0];
  }
  return undefined;
}

function urlUpstream(
  { compose }: DeploymentView,
  { name, url }: UpstreamConfig & { transport: "http" | "sse" },
  known: UpstreamKnowledge,
): Stated<UpstreamInput> {
  const { hostname } = new URL(url);
  const service = serviceNamed([...compose.services.values()], hostname);
  if (service === undefined) {
    return {
      value: { name, left_out: `${hostname} runs in none of these files` },
      questions: [
        "which tools must it offer? With `stand_in: true` and `tools:` a server of the suite's own takes its place",
      ],
    };
  }
  const { tools, questions } = statedTools(known.toolsOf(name));
  return { value: { name, tools }, questions };
}

/** The service that a host name leads to on the networks of compose. */
export function serviceNamed(services: readonly ComposeService[], host: string): ComposeService | undefined {
  return services.find(
    ({ name, containerName, networks }) =>
      name === host ||
      containerName?.value === host ||
      [...networks.values()].some((aliases) => aliases.includes(host)),
  );
}

function statedTools(asked: readonly string[] | undefined): { tools: string[]; questions: string[] } {
  if (asked !== undefined && asked.length > 0) return { tools: [...asked], questions: [] };
  return { tools: [], questions: ["which tools must it offer? They could not be listed here"] };
}

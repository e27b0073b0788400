import { posix } from "node:path";
import { imageVersion } from "../compose/service/image-version.ts";
import type { ComposeBuild, ComposeService } from "../compose/types.ts";
import type { Deployment } from "../types.ts";
import { outlineOf } from "./build-outline.ts";
import { runsOwnFile } from "./dockerfile.ts";
import { withoutInitProgram } from "./init-program.ts";
import { knownImage } from "./known-images.ts";
import { type LaunchedServer, launchedServers } from "./launched-servers.ts";
import { liteLLMVersionOf } from "./litellm-version.ts";
import type { PackageSpec } from "./package-spec.ts";
import { neededServices, type ServiceRole } from "./roles.ts";

/** One way to get what a service runs, tried in order. */
export type ServiceSource =
  /** The operator's image, from its registry. */
  | { from: "image"; image: string }
  /** The operator's Dockerfile, where its base images can be pulled. */
  | { from: "build"; build: ComposeBuild; bases: readonly string[] }
  /** Packages by name, with what the image itself would start. */
  | {
      from: "packages";
      packages: readonly PackageSpec[];
      /** Packages of Debian besides. */
      debian?: readonly string[];
      entrypoint: readonly string[] | undefined;
      command: readonly string[] | undefined;
    }
  /** Packages of Debian, without a command of its own. */
  | { from: "debian"; packages: readonly string[] }
  /** A recipe of the suite. */
  | { from: "recipe"; part: "litellm" | "traefik" | "postgres" | "redis"; version: string | undefined };

/** How a compose service is part of a run. */
export type ServiceRun =
  | {
      as: "part";
      sources: readonly ServiceSource[];
      /** What it fetches at its start, and is installed before the run. */
      launched: readonly LaunchedServer[];
    }
  | { as: "stand-in"; kind: "forward-auth" }
  /** In the login rig only. */
  | { as: "login-part" }
  | { as: "left-out" };

/** A compose service in the plan. */
export interface PlannedService {
  service: ComposeService;
  /** What the run needs it for; undefined where no check needs it. */
  role: ServiceRole | undefined;
  run: ServiceRun;
  /** Why, as a part of a sentence: `a check asks for its tools`. */
  reason: string;
}

/** How each compose service of a deployment is run, by its key. Decided from the files alone: no registry is asked. */
export function planServices(deployment: Deployment): ReadonlyMap<string, PlannedService> {
  const needed = neededServices(deployment);
  const planned = [...deployment.compose.services.values()].map((service): [string, PlannedService] => {
    const role = needed.get(service.key);
    return [service.key, { service, role, ...planService(deployment, service, role) }];
  });
  return new Map(planned);
}

/** The reason of a service that no check needs. */
export const unneeded = "no check needs it";

function planService(
  { policy }: Deployment,
  service: ComposeService,
  role: ServiceRole | undefined,
): Pick<PlannedService, "run" | "reason"> {
  const part = policy.parts.get(service.key) ?? policy.parts.get(service.name);
  const isUnderTest = role === "litellm" || role === "traefik";
  if (part?.leftOut !== undefined && !isUnderTest) return { run: { as: "left-out" }, reason: part.leftOut };
  if (part?.standIn !== undefined)
    return { run: { as: "stand-in", kind: part.standIn }, reason: "the policy asks for a stand-in" };
  const { provider, proxy } = policy.authorization ?? {};
  if (service.key === provider || service.key === proxy)
    return { run: { as: "login-part" }, reason: "the login rig runs it; the other rigs do without" };
  const hasPackage = part?.package !== undefined;
  if (role === undefined && !hasPackage) return { run: { as: "left-out" }, reason: unneeded };
  if (service.networkMode !== undefined && !isUnderTest)
    return {
      run: { as: "left-out" },
      reason: `it runs on network_mode ${service.networkMode.value}, which the throwaway networks do not have`,
    };
  // What LiteLLM starts is in its config.
  const launched = role === "upstream" || role === undefined ? launchedServers(service) : [];
  const sources = [...sourcesOf(service, role, part), ...launchedSource(service, launched)];
  return {
    run: { as: "part", sources, launched },
    reason: role === undefined ? "the policy names its package" : reasons[role],
  };
}

/** A service whose image has the launcher alone (`image: node:24`, `command: npx -y PACKAGE`) runs without that image, too. */
function launchedSource(
  { entrypoint = [], commandWords }: ComposeService,
  [first]: readonly LaunchedServer[],
): ServiceSource[] {
  const [program = ""] = [...entrypoint, ...commandWords.map(({ value }) => value)];
  const packages = first?.packages;
  if (packages === undefined || posix.basename(program) !== first?.launcher.name) return [];
  return [{ from: "packages", packages, entrypoint: undefined, command: undefined }];
}

const reasons: Readonly<Record<ServiceRole, string>> = {
  litellm: "it is the gateway",
  traefik: "it is the edge",
  upstream: "it is an upstream of the gateway",
  database: "the gateway or an upstream keeps its data there",
  cache: "the gateway keeps its cache there",
  login: "it judges who may pass the edge",
};

function sourcesOf(
  service: ComposeService,
  role: ServiceRole | undefined,
  part:
    | { package: PackageSpec | undefined; command: readonly string[] | undefined; version: string | undefined }
    | undefined,
): ServiceSource[] {
  const built = service.build === undefined ? undefined : outlineOf(service.build);
  const image = service.image?.value;
  const own: ServiceSource[] =
    service.build !== undefined
      ? [{ from: "build", build: service.build, bases: built?.bases ?? [] }]
      : image === undefined
        ? []
        : [{ from: "image", image }];
  const recipe = role === undefined ? undefined : recipeOf[role];
  if (recipe !== undefined) {
    const ofBuild = built?.base === undefined ? undefined : imageVersion(built.base);
    const ofFiles = recipe === "litellm" ? liteLLMVersionOf(service) : (service.version ?? ofBuild);
    const version = part?.version ?? ofFiles;
    // A version of the policy replaces that of the files.
    return [...(part?.version === undefined ? own : []), { from: "recipe", part: recipe, version }];
  }
  const base = built?.base === undefined ? undefined : knownImage(built.base);
  const known = base ?? (image === undefined ? undefined : knownImage(image));
  const version = base === undefined ? service.version : imageVersion(built?.base ?? "");
  const packages = packagesOf(part?.package, built?.packages ?? [], known && { ...known.package, version });
  const program = [
    ...(service.entrypoint ?? built?.entrypoint ?? []),
    ...(service.commandWords.length > 0
      ? service.commandWords.map(({ value }) => value)
      : // An entry point of the compose file leaves out the image's command.
        service.entrypoint === undefined
        ? (built?.command ?? [])
        : []),
  ];
  // The program of a known image is its package.
  const hasOwnProgram =
    part?.package === undefined && built !== undefined && base === undefined && runsOwnFile(program);
  if (packages.length === 0 || hasOwnProgram) return own;
  const entrypoint = built?.entrypoint ?? known?.entrypoint;
  const start: ServiceSource = {
    from: "packages",
    packages,
    entrypoint: entrypoint && withoutInitProgram(entrypoint),
    command: part?.command ?? built?.command ?? known?.command,
  };
  return part?.package === undefined ? [...own, start] : [start];
}

const recipeOf: Readonly<Partial<Record<ServiceRole, (ServiceSource & { from: "recipe" })["part"]>>> = {
  litellm: "litellm",
  traefik: "traefik",
  database: "postgres",
  cache: "redis",
};

/** The policy's package first, else what the image, or the Dockerfile's base, is known to contain; then those of the Dockerfile. */
function packagesOf(
  given: PackageSpec | undefined,
  built: readonly PackageSpec[],
  known: PackageSpec | undefined,
): PackageSpec[] {
  // A version that the Dockerfile installs replaces that of its base.
  const first = given ?? (built.some(({ name }) => name === known?.name) ? undefined : known);
  return first === undefined ? [...built] : [first, ...built.filter(({ name }) => name !== first.name)];
}

import { basename, posix } from "node:path";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { EnvironmentError } from "../../../helpers/core/errors.ts";
import { displayPath } from "../../../helpers/core/text/display-path.ts";
import { servicePlace } from "../../../helpers/deployment/compose/file-names.ts";
import { liteLLMDatabase } from "../../../helpers/deployment/litellm/database.ts";
import { packagesOfConfig } from "../../../helpers/deployment/services/config-packages.ts";
import { liteLLMPortOf } from "../../../helpers/deployment/services/litellm-port.ts";
import { planServices } from "../../../helpers/deployment/services/service-plan.ts";
import { type StdioServer, stdioServers } from "../../../helpers/deployment/services/stdio-servers.ts";
import type { ComposeService } from "../../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../../helpers/run/run-record.ts";
import { UnknownVersionError } from "../../images/building/build-error.ts";
import type { PartImage } from "../../images/part-image.ts";
import type { StdioCommand } from "../../images/recipes/stdio-commands.ts";
import { databaseSettings } from "../databases/litellm-settings.ts";
import type { ContainerSettings, PartFile, PartPlan } from "../part.ts";
import type { PartResources } from "../part-resources.ts";
import { answersHttp, readyWhenRunning } from "../readiness.ts";
import type { ExtraServers } from "./extra-servers.ts";
import { namedImage } from "./named-image.ts";
import { renderLiteLLM } from "./render-litellm.ts";
import type { RenderContext } from "./render-service.ts";
import { atItsImport } from "./script-packages.ts";
import { changedServers } from "./stand-in-upstreams.ts";
import { trustedProxies, trustedRanges } from "./trusted-proxies.ts";
import { limitWorkers } from "./worker-limit.ts";

/**
 * uvicorn's last message, after which LiteLLM 1.77.1 continues to run and never listens; and the message of the suite's
 * query engine whose self-check fails, so that its faults never count as the gateway's.
 */
const failedStart = /Application startup failed|^prisma-engine: (self-check failed|PostgreSQL does not answer)/;

/** What a rig adds to the deployment's LiteLLM. */
export interface LiteLLMOptions {
  networks: PartPlan["networks"];
  servers?: ExtraServers;
  /** What the added servers are started with; one replaces a command of the deployment that has its name. */
  commands?: readonly StdioCommand[];
  /** The most workers; two without it, as of replicas: sessions may get lost between them. */
  workers?: 1;
}

/**
 * The plan of the deployment's LiteLLM: its config, key module, environment and stdio commands.
 *
 * @returns the plan, and what was changed in the deployment's files
 * @throws {EnvironmentError} when its image cannot be provided
 */
export async function liteLLMPlan(
  { engine, images, deployment, canaries }: PartResources,
  context: RenderContext,
  options: LiteLLMOptions,
): Promise<{ plan: PartPlan; changes: readonly RenderedChange[] }> {
  const service = deployment.litellm;
  const { commands: added = [] } = options;
  const servers = stdioServers(deployment).flatMap(({ server }) => server ?? []);
  const own = servers.flatMap((server) => (isScriptAlone(server) ? [] : stdioCommand(server)));
  const ofScripts = servers.flatMap(({ script }) => script?.packages ?? []);
  const nodeScripts = servers.flatMap(({ script }) => script?.node ?? []);
  const isReplaced = ({ command, launcher }: StdioCommand): boolean =>
    launcher === undefined && added.some((one) => one.command === command);
  const commands = [...own.filter((command) => !isReplaced(command)), ...added];
  const run = planServices(deployment).get(service.key)?.run;
  const source = run?.as === "part" ? run.sources[0] : undefined;
  const changed = changedServers(deployment);
  const named = source?.from === "image" ? namedImage(service, deployment.litellmConfig.version) : undefined;
  const port = liteLLMPortOf(service);
  const database = liteLLMDatabase(deployment.litellmConfig) !== undefined;
  const [image, rendered, proxies] = await Promise.all([
    images
      .litellm({
        version: deployment.litellmConfig.version,
        commands,
        database,
        packages: [...packagesOfConfig(deployment.litellmConfig.document), ...ofScripts],
        nodeScripts,
        ...(named === undefined ? {} : { image: named }),
        ...(source?.from === "build" ? { build: source } : {}),
      })
      .catch((error: unknown) => {
        throw atItsImport(atItsTag(error, service, deployment.litellmConfig.version), nodeScripts);
      }),
    renderLiteLLM(context, { ...changed.servers, ...options.servers }),
    trustedProxies(
      engine,
      service,
      options.networks.map(({ network }) => network),
    ),
  ]);
  const configs = new Set(deployment.litellmConfig.files.map(({ inContainer }) => inContainer));
  const ranges = await trustedRanges(
    engine,
    rendered.files.filter(({ target }) => configs.has(target)),
    options.networks.map(({ network }) => network),
  );
  const settings = databaseSettings(deployment, image);
  const roomy = withoutMemoryLimit(service, rendered.settings, { isSubstitute: image.origin === "built" && database });
  // One that LiteLLM reaches by a URL has its directory in a container of its own.
  const canaryFiles: PartFile[] = deployment.policy.upstreams.flatMap(({ name, directory, url }) => {
    const isApart =
      url !== undefined ||
      deployment.litellmConfig.upstreams.some((one) => one.name === name && one.transport !== "stdio");
    if (directory === undefined || isApart) return [];
    return [{ target: posix.join(directory, canaries.file.name), content: canaries.file.content }];
  });
  const environment = { ...rendered.environment, ...proxies.environment, ...settings.environment };
  const workers = limitWorkers(
    { command: rendered.command, environment },
    {
      most: options.workers ?? 2,
      version: deployment.litellmConfig.version,
      where: `${basename(service.location.file)}:${service.key}`,
      why:
        options.workers === undefined
          ? "two are enough to tell workers apart, and each is a complete LiteLLM"
          : "one worker is enough for a LiteLLM that runs in addition to the gateway's own",
    },
  );
  // The operator's image has what its Dockerfile copies, perhaps changed by a later step.
  const inImage = new Set(
    service.mounts.flatMap(({ isInImage, target }) =>
      isInImage === true && isOwnBuild(image) && !configs.has(target) ? target : [],
    ),
  );
  const plan: PartPlan = {
    name: "litellm",
    image,
    networks: options.networks,
    ...(workers.command === undefined ? {} : { command: workers.command }),
    ...(service.entrypoint === undefined ? {} : { entrypoint: service.entrypoint }),
    ...(service.user === undefined ? {} : { user: service.user }),
    ...(service.workingDir === undefined ? {} : { workingDir: service.workingDir }),
    environment: workers.environment,
    labels: rendered.labels,
    settings: roomy.settings,
    files: [
      ...rendered.files
        .filter(({ target }) => !inImage.has(target))
        .map((file) => ({ ...file, content: ranges.contents.get(file.target) ?? file.content })),
      ...canaryFiles,
    ],
    directories: rendered.directories.filter(({ target }) => !inImage.has(target)),
    publish: [port],
    ready: { ...answersHttp(port, "/health/liveliness"), failurePattern: failedStart },
    startDeadline: deadlines.gatewayStart,
  };
  return {
    plan,
    changes: [
      ...rendered.changes,
      ...proxies.changes,
      ...ranges.changes,
      ...changed.changes,
      ...settings.changes,
      ...roomy.changes,
      ...workers.changes,
      ...imageChanges(service, image),
    ],
  };
}

/**
 * The database engine of a LiteLLM from packages is WebAssembly in a Node.js process, which takes a few hundred megabytes more
 * than the program in LiteLLM's own image: it would be killed where the operator's gateway is not.
 */
function withoutMemoryLimit(
  service: ComposeService,
  settings: ContainerSettings,
  { isSubstitute }: { isSubstitute: boolean },
): { settings: ContainerSettings; changes: RenderedChange[] } {
  const { Memory: limit, MemorySwap: _, ...host } = settings.host;
  if (!isSubstitute || limit === undefined) return { settings, changes: [] };
  return {
    settings: { ...settings, host },
    changes: [
      {
        where: servicePlace(service),
        what: `no memory limit (${Math.round(limit / 1024 ** 2)} MiB in the file)`,
        why: "LiteLLM's database engine from packages takes more memory than the one in its image: whether the limit is enough is not proved",
      },
    ],
  };
}

/** Whether an image was built with the operator's own Dockerfile. */
function isOwnBuild({ source }: PartImage): boolean {
  return source.includes("the operator's Dockerfile");
}

/** What runs in place of the operator's own build, or of an image that is named by its digest. */
function imageChanges(service: ComposeService, image: PartImage): RenderedChange[] {
  const isPinned = service.image?.value.includes("@sha256:") === true && image.origin !== "pulled";
  if (isOwnBuild(image) || (service.build === undefined && !isPinned)) return [];
  return [
    {
      where: servicePlace(service, service.build === undefined ? "image" : "build"),
      what: `run LiteLLM ${image.version} from ${image.source}`,
      why:
        service.build === undefined
          ? "the image of that digest can't be pulled here"
          : "the base image of the operator's Dockerfile can't be had here; the packages that it installs by name are added",
    },
  ];
}

/** Whether a server is a script of the operator's, and no launcher of a package starts it. */
function isScriptAlone({ script, launcher }: StdioServer): boolean {
  return script !== undefined && launcher === undefined;
}

function stdioCommand({ command, version, packages, launcher }: StdioServer): StdioCommand {
  return {
    command,
    version,
    ...(packages === undefined ? {} : { packages }),
    ...(launcher === undefined ? {} : { launcher }),
  };
}

/** A part with LiteLLM's image, environment, files and directories, but without LiteLLM: there the stdio upstreams are called directly. */
export function upstreamsPlan(litellm: PartPlan, networks: PartPlan["networks"]): PartPlan {
  const { image, environment, files, directories, settings } = litellm;
  return {
    name: "upstreams",
    image,
    networks: networks.map(({ network }) => ({ network, aliases: [] })),
    entrypoint: ["sleep"],
    command: ["infinity"],
    ...(environment === undefined ? {} : { environment }),
    ...(files === undefined ? {} : { files }),
    ...(directories === undefined ? {} : { directories }),
    settings: { host: {}, emptyDirectories: settings?.emptyDirectories ?? [] },
    ready: readyWhenRunning,
    startDeadline: deadlines.smallPartStart,
  };
}

/** An error about a version, with the line of the image's tag where the version is from there. */
export function atItsTag(
  error: unknown,
  { image, version }: Pick<ComposeService, "image" | "version">,
  running: string,
): unknown {
  if (!(error instanceof UnknownVersionError) || image === undefined || version !== running) return error;
  const { file, line } = image.location;
  return new EnvironmentError(`${displayPath(file)}:${line}: ${error.message}`, { part: "litellm", cause: error });
}

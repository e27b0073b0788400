import { posix } from "node:path";
import { deadlines } from "../../helpers/core/deadlines.ts";
import type { RenderedChange } from "../../helpers/run/run-record.ts";
import { liteLLMPort } from "../rigs/edge-rig.ts";
import type { RigContext } from "../rigs/rig.ts";
import type { PartFile, PartPlan } from "./part.ts";
import { answersHttp, atOnce } from "./readiness.ts";
import { type RenderContext, renderLiteLLM } from "./render.ts";

/** Servers for `mcp_servers` beside the operator's own, by name, as LiteLLM's config writes them. */
export type ExtraServers = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The deployment's LiteLLM, ready to be started: its config, key module, environment and stdio commands. */
export async function liteLLMPlan(
  { images, deployment, canaries }: RigContext,
  context: RenderContext,
  options: { networks: PartPlan["networks"]; servers?: ExtraServers },
): Promise<{ plan: PartPlan; changes: readonly RenderedChange[] }> {
  const service = deployment.litellm;
  const commands = deployment.litellmConfig.upstreams.flatMap((upstream) => {
    if (upstream.transport !== "stdio") return [];
    const version = deployment.policy.upstreams.find(({ name }) => name === upstream.name)?.version;
    return [{ command: upstream.command, version: version ?? "" }];
  });
  const [image, rendered] = await Promise.all([
    images.litellm({ version: process.env.LITELLM_VERSION ?? service.version, commands }),
    renderLiteLLM(context, options.servers),
  ]);
  const canaryFiles: PartFile[] = deployment.policy.upstreams.flatMap(({ directory }) =>
    directory === undefined
      ? []
      : [{ target: posix.join(directory, canaries.file.name), content: canaries.file.content }],
  );
  const plan: PartPlan = {
    name: "litellm",
    image,
    networks: options.networks,
    ...(rendered.command === undefined ? {} : { command: rendered.command }),
    ...(service.entrypoint === undefined ? {} : { entrypoint: service.entrypoint }),
    ...(service.user === undefined ? {} : { user: service.user }),
    ...(service.workingDir === undefined ? {} : { workingDir: service.workingDir }),
    environment: rendered.environment,
    labels: rendered.labels,
    files: [...rendered.files, ...canaryFiles],
    directories: rendered.directories,
    publish: [liteLLMPort],
    // uvicorn's last words; LiteLLM 1.77.1 stays up after them and never listens.
    ready: { ...answersHttp(liteLLMPort, "/health/liveliness"), givesUp: /Application startup failed/ },
    startDeadline: deadlines.gatewayStart,
  };
  return { plan, changes: rendered.changes };
}

/** The same image, environment and files, without LiteLLM: where the stdio upstreams are asked directly. */
export function upstreamsPlan(litellm: PartPlan, networks: PartPlan["networks"]): PartPlan {
  const { image, environment, files, directories } = litellm;
  return {
    name: "upstreams",
    image,
    networks: networks.map(({ network }) => ({ network, aliases: [] })),
    entrypoint: ["sleep"],
    command: ["infinity"],
    ...(environment === undefined ? {} : { environment }),
    ...(files === undefined ? {} : { files }),
    ...(directories === undefined ? {} : { directories }),
    ready: atOnce,
    startDeadline: deadlines.smallPartStart,
  };
}

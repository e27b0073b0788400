import { deadlines } from "../../helpers/core/deadlines.ts";
import { liteLLMPortOf } from "../../helpers/deployment/services/litellm-port.ts";
import { forwardAuthPlans, forwardAuthServices } from "../parts/deployment/forward-auth.ts";
import { networksOf, type RenderContext, renderLabels } from "../parts/deployment/render-service.ts";
import { labelParts } from "../parts/deployment/traefik/label-parts.ts";
import { attachments, routersLoaded, traefikPlan } from "../parts/deployment/traefik.ts";
import type { PartHandle, PartPlan } from "../parts/part.ts";
import { rigMark, withRunningPromise } from "../parts/part.ts";
import { answersHttp } from "../parts/readiness.ts";
import type { RigContext, RigState } from "./rig.ts";

/**
 * Starts the edge rig: Traefik with the deployment's labels, and whoami instead of LiteLLM. It takes about a second, because
 * the two start in parallel.
 *
 * @throws {EnvironmentError} when a part does not start
 */
export async function startEdgeRig(rig: RigContext): Promise<RigState> {
  const name = "edge";
  const { run, deployment, canaries, images } = rig;
  const liteLLMPort = liteLLMPortOf(deployment.litellm);
  const shared = [...networksOf(deployment.traefik).keys()];
  const networks = await rig.createNetworks(
    name,
    shared.map((network) => ({ name: network, internal: false })),
  );
  const context: RenderContext = { deployment, mark: rigMark(run, name), networks };
  const labels = renderLabels(context);
  const running = new Set([
    deployment.traefik.key,
    deployment.litellm.key,
    ...forwardAuthServices(deployment).map(({ service }) => service.key),
  ]);
  const [traefik, logins, labelled, whoami] = await Promise.all([
    traefikPlan(rig, context),
    forwardAuthPlans(rig, context),
    labelParts(rig, context, running),
    images.get("whoami").then(
      (image): PartPlan => ({
        name: "whoami",
        image,
        networks: attachments(networksOf(deployment.litellm), networks, deployment.litellm.name),
        command: ["--port", String(liteLLMPort), "--verbose"],
        environment: { WHOAMI_NAME: canaries.target },
        labels,
        publish: [liteLLMPort],
        ready: answersHttp(liteLLMPort, "/"),
        startDeadline: deadlines.smallPartStart,
      }),
    ),
  ]);
  const behind = [whoami, ...logins.plans, ...labelled.plans].map(withRunningPromise);
  const starting = behind.map(({ plan }) => rig.startPart(name, plan));
  // Traefik lists the containers and then begins to listen for new ones; it misses one that starts between the two.
  await Promise.race([Promise.all(behind.map(({ running: runs }) => runs)), Promise.all(starting)]);
  const [edge, ...started] = await Promise.all([rig.startPart(name, traefik.plan), ...starting]);
  const parts: Record<string, PartHandle> = {
    traefik: edge,
    ...Object.fromEntries(started.map((part) => [part.name, part])),
  };
  const carried = deployment.traefikModel.containers.map(({ service }) => service.key);
  await routersLoaded(edge, deployment, new Set([...running, ...carried]));
  return {
    rig: name,
    parts,
    networks: Object.fromEntries([...networks].map(([key, { name: made }]) => [key, made])),
    changes: [...traefik.changes, ...logins.changes, ...labelled.changes],
  };
}

import { deadlines } from "../../helpers/core/deadlines.ts";
import { liteLLMPortOf } from "../../helpers/deployment/services/litellm-port.ts";
import { withTraefik } from "../../helpers/deployment/types.ts";
import { forwardAuthPlans, forwardAuthServices } from "../parts/deployment/forward-auth.ts";
import type { EdgeContext } from "../parts/deployment/render-context.ts";
import { networksOf } from "../parts/deployment/render-context.ts";
import { renderLabels } from "../parts/deployment/render-service.ts";
import { serviceAttachments } from "../parts/deployment/service-networks.ts";
import { labelParts } from "../parts/deployment/traefik/label-parts.ts";
import { routersLoaded, traefikPlan } from "../parts/deployment/traefik.ts";
import type { PartHandle, PartPlan } from "../parts/part.ts";
import { rigMark, withRunningPromise } from "../parts/part.ts";
import { answersHttp } from "../parts/readiness.ts";
import type { RigContext, RigState } from "./rig.ts";

/** Name of the part in the place of LiteLLM's second replica. */
export const secondTarget = "whoami-2";

/**
 * Starts the edge rig: Traefik with the deployment's labels, and whoami instead of LiteLLM, twice where LiteLLM has replicas. It
 * takes about a second, because they start in parallel.
 *
 * @throws {EnvironmentError} when a part does not start
 * @throws {Error} for a deployment without Traefik, where no check can need this rig
 */
export async function startEdgeRig(rig: RigContext): Promise<RigState> {
  const name = "edge";
  const { run, canaries, images } = rig;
  const deployment = withTraefik(rig.deployment);
  const liteLLMPort = liteLLMPortOf(deployment.litellm);
  const shared = [...networksOf(deployment.traefik).keys()];
  const networks = await rig.createNetworks(
    name,
    shared.map((network) => ({ name: network, internal: false })),
  );
  const context: EdgeContext = { deployment, mark: rigMark(run, name), networks, processors: rig.engine.processors };
  const labels = renderLabels(context);
  const running = new Set([
    deployment.traefik.key,
    deployment.litellm.key,
    ...forwardAuthServices(deployment).flatMap(({ service }) => service?.key ?? []),
  ]);
  const [traefik, logins, labelled, whoami] = await Promise.all([
    traefikPlan(rig, context),
    forwardAuthPlans(rig, context),
    labelParts(rig, context, running),
    images.get("whoami").then(
      (image): PartPlan => ({
        name: "whoami",
        image,
        networks: serviceAttachments(deployment.compose, deployment.litellm, networks),
        command: ["--port", String(liteLLMPort), "--verbose"],
        environment: { WHOAMI_NAME: canaries.target },
        labels,
        publish: [liteLLMPort],
        ready: answersHttp(liteLLMPort, "/"),
        startDeadline: deadlines.smallPartStart,
      }),
    ),
  ]);
  const replicas = deployment.litellm.replicas > 1 ? [{ ...whoami, name: secondTarget }] : [];
  const behind = [whoami, ...replicas, ...logins.plans, ...labelled.plans].map(withRunningPromise);
  await rig.removeOthers?.(name, new Set([traefik.plan, ...behind.map(({ plan }) => plan)].map((plan) => plan.name)));
  const starting = behind.map(({ plan }) => rig.startPart(name, plan));
  // Traefik lists the containers and then begins to listen for new ones; it misses one that starts between the two.
  await Promise.race([Promise.all(behind.map(({ running: runs }) => runs)), Promise.all(starting)]);
  const [edge, ...started] = await Promise.all([rig.startPart(name, traefik.plan), ...starting]);
  const parts: Record<string, PartHandle> = {
    traefik: edge,
    ...Object.fromEntries(started.map((part) => [part.name, part])),
  };
  const carried = deployment.traefikModel.containers.map(({ service }) => service.key);
  await routersLoaded(rig.engine, edge, deployment.traefikModel, new Set([...running, ...carried]));
  return {
    rig: name,
    parts,
    networks: Object.fromEntries([...networks].map(([key, { name: made }]) => [key, made])),
    changes: [...traefik.changes, ...logins.changes, ...labelled.changes],
  };
}

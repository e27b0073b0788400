import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { deadlines } from "../../helpers/core/deadlines.ts";
import { type Deployment, noTraefik } from "../../helpers/deployment/types.ts";
import { check } from "../runner/check.ts";
import { onePathOf } from "../support/access-cases.ts";
import { curl } from "./support/curl.ts";

check({
  id: "REACH-07/inside-by-name",
  requirements: ["REACH-07"],
  title: "a container on Traefik's network reaches the gateway by its internal host name",
  needs: ["gateway", "commands"],
  async run({ gateway, evidence }) {
    const { policy, deployment } = gateway;
    if (deployment.traefik === undefined) return evidence.notSupported(noTraefik);
    const { location } = deployment.traefik;
    const internal = onePathOf(policy, ["bearer", "litellm"])
      .filter(({ host, path }) => host.zone === "internal" && path === "/v1/models")
      .map(({ host }) => host);
    if (internal.length === 0) evidence.notSupported("the policy has no internal host that takes keys");
    if (!internal.some(({ name }) => isUsedInside(deployment, name)))
      evidence.notSupported(
        "no client of the policy is on Traefik's network, and no container there uses an internal host name",
      );
    await forEachCase(
      "the host name leads to the gateway on Traefik's network",
      internal,
      ({ name }) => name,
      async (host) => {
        const url = gateway.url("/v1/models", host);
        const answer = await curl(gateway, "inside-host", url, {
          bearer: gateway.masterKey,
          deadline: deadlines.request,
        });
        const isModelList = answer.body.includes('"data"');
        if (answer.status === 200 && isModelList) return;
        throw new CheckFailure({
          summary: `from Traefik's network, ${url} does not answer as LiteLLM`,
          code: answer.status === 0 ? "no-response" : "wrong-response",
          expected: "200 with a list of models",
          actual: `${answer.text}${answer.status === 200 ? " without a list of models" : ""}`,
          evidence: answer.evidence,
          cause: answer.cause,
          location,
          ...(answer.status === 0 ? { fix: `give Traefik the alias ${host.name} on this network` } : {}),
        });
      },
    );
  },
});

/**
 * Whether a container on Traefik's network is meant to use a host name: a client of the policy is there, Traefik has the name
 * as an alias, or a service's environment or command contains it.
 */
function isUsedInside({ policy, compose, traefik }: Deployment, name: string): boolean {
  const aliases = [...(traefik?.networks.values() ?? [])].flat();
  if (aliases.includes(name) || policy.clients.some(({ from }) => from === "traefik-network")) return true;
  return [...compose.services.values()].some(({ environment, command }) =>
    [...[...environment.values()].map(({ value }) => value), ...(command ?? [])].some((text) =>
      text.includes(`//${name}`),
    ),
  );
}

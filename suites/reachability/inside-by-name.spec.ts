import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { deadlines } from "../../helpers/core/deadlines.ts";
import { conformance } from "../runner/conformance.ts";
import { curl } from "./support/curl.ts";

conformance(
  ["REACH-07"],
  "a container on Traefik's network reaches the gateway by its internal host name",
  async ({ gateway }) => {
    await forEachCase(
      "the name leads to the gateway from inside",
      gateway.policy.hosts.filter(({ zone }) => zone === "internal"),
      ({ name }) => name,
      async (host) => {
        const url = gateway.url("/v1/models", host);
        const answer = await curl(gateway, "inside-host", url, {
          bearer: gateway.masterKey,
          deadline: deadlines.request,
        });
        if (answer.status === 200 && answer.body.includes('"data"')) return;
        throw new CheckFailure({
          what: `from Traefik's network ${url} does not answer as LiteLLM`,
          sent: answer.command,
          received: answer.status === 0 ? answer.error : `${answer.status}\n${answer.body}`,
          cause: `${answer.diagnosis}; Traefik needs the host's name as an alias on this network`,
          location: gateway.deployment.traefik.location,
        });
      },
    );
  },
);

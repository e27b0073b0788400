import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { deadlines } from "../../helpers/core/deadlines.ts";
import { check } from "../runner/check.ts";
import { curl } from "./support/curl.ts";

check({
  id: "REACH-07/inside-by-name",
  requirements: ["REACH-07"],
  title: "a container on Traefik's network reaches the gateway by its internal host name",
  needs: ["gateway"],
  async run({ gateway }) {
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
          summary: `from Traefik's network ${url} does not answer as LiteLLM`,
          evidence: {
            sent: answer.command,
            received: answer.status === 0 ? answer.error : `${answer.status}\n${answer.body}`,
          },

          cause: `${answer.diagnosis}; Traefik needs the host's name as an alias on this network`,
          location: gateway.deployment.traefik.location,
        });
      },
    );
  },
});

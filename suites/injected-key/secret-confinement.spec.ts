import type { GatewayWith } from "../../containers/targets/needs.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { deadlines } from "../../helpers/core/deadlines.ts";
import { secretForms } from "../../helpers/core/text/redaction.ts";
import { unknownKey } from "../../helpers/deployment/source/canaries.ts";
import { check } from "../runner/check.ts";
import { everyoneAdmitted } from "../support/any-key.ts";

check({
  id: "INJ-03/master-key-confined",
  requirements: ["INJ-03"],
  title: "the injected key is not the master key, and the master key is only where LiteLLM reads it",
  needs: ["gateway", "inspection", "traefik-api"],
  async run({ gateway, evidence }) {
    const forms = secretForms(new Map([["the master key", gateway.masterKey]]));
    const holdsKey = (text: string): boolean => forms.some(([, form]) => text.includes(form));

    // Control (design, rule 2): it is the key that LiteLLM has, from its environment, its config or a secret of compose.
    const own = await gateway.inspect("litellm");
    const isInEnvironment = own.environment.some(holdsKey);
    if (!isInEnvironment && !(await isTheKeyOf(gateway))) {
      throw new CheckFailure({
        summary: "the control fails: LiteLLM does not have the run's master key",
        code: "control-failed",
        expected: "the run's master key in LiteLLM's environment, or a LiteLLM that accepts it and no unknown key",
        actual: "no variable contains it, and LiteLLM does not accept it, or accepts an unknown key too",
        cause: "the run could not replace the master key: it comes from a place that the suite does not read",
        location: gateway.deployment.litellm.location,
        ...everyoneAdmitted(gateway, 200),
      });
    }

    const { text, routers } = await gateway.routers();
    const found = [...(holdsKey(text) ? ["Traefik's API, /api/rawdata"] : [])];
    for (const part of gateway.parts) found.push(...(await placesIn(gateway, part, holdsKey)));
    if (found.length > 0) {
      const label = [...gateway.deployment.litellm.labels.values()].find(({ value }) => holdsKey(value));
      throw new CheckFailure({
        summary: `the master key can be read in ${found.length} places`,
        code: "master-key-out-of-place",
        expected: "the master key only where LiteLLM reads it",
        actual: found.join("\n"),
        cause:
          "a label injects the master key itself: anyone who reads labels or Traefik's API is admin, and so is every anonymous caller " +
          "of the injected route",
        ...(label === undefined ? {} : { location: label.location }),
        fix: "give the middleware a key of its own that has no other right",
      });
    }

    const withMiddlewares = routers.filter(
      ({ name, middlewares }) => !name.endsWith("@internal") && middlewares.length > 0,
    );
    evidence.finding(
      `The master key is in LiteLLM's ${isInEnvironment ? "environment" : "files"} and nowhere else: labels, commands and environments of ${gateway.parts.length} parts ` +
        `and Traefik's API (${withMiddlewares.length} routers with middlewares) were searched for it.`,
    );
  },
});

/** Whether LiteLLM takes the master key, and no key that nobody has. */
async function isTheKeyOf(gateway: GatewayWith<"inspection">): Promise<boolean> {
  const statuses = await Promise.all(
    [gateway.masterKey, unknownKey].map(async (bearer) => {
      const exchange = await gateway.send({ path: "/v1/models", bearer, deadline: deadlines.mcpRequest });
      return exchange.response?.status;
    }),
  );
  return statuses[0] === 200 && statuses[1] !== 200;
}

/** Where a text is in what the engine knows of a part: its labels, its command, its environment. */
async function placesIn(
  gateway: GatewayWith<"inspection">,
  part: string,
  holdsKey: (text: string) => boolean,
): Promise<string[]> {
  const { labels, environment, command } = await gateway.inspect(part);
  const mayHoldKey = part === "litellm" || part === "litellm-2" || part === "upstreams";
  return [
    ...Object.entries(labels).flatMap(([label, value]) => (holdsKey(value) ? [`label ${label} of ${part}`] : [])),
    ...(command.some(holdsKey) ? [`the command of ${part}`] : []),
    // `upstreams` has LiteLLM's image and environment, because its stdio servers are started there directly.
    ...(mayHoldKey ? [] : environment.filter(holdsKey)).map(
      (line) => `${line.split("=")[0]} in the environment of ${part}`,
    ),
  ];
}

import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { secretForms } from "../../helpers/core/text/redaction.ts";
import { routersFor } from "../../helpers/deployment/traefik/labels.ts";
import { check } from "../runner/check.ts";

check({
  id: "INJ-03/master-key-confined",
  requirements: ["INJ-03"],
  title: "the injected key is not the master key, and the master key is only in LiteLLM's environment",
  needs: ["gateway", "inspection", "traefik-api"],
  async run({ gateway, evidence }) {
    const master = gateway.masterKey;
    const forms = secretForms(new Map([["the master key", master]]));
    const holds = (text: string): boolean => forms.some(([, form]) => text.includes(form));

    // The search itself must be able to find: where the key has to be, it is (design, rule 2).
    const own = await gateway.inspect("litellm");
    if (!own.environment.some(holds)) {
      throw new CheckFailure({
        summary: "the control fails: the master key is not in LiteLLM's own environment",
        cause: "the master key does not come from the env file, so the run could not replace it",
      });
    }

    const { text: api } = await gateway.routers();
    const found: string[] = holds(api) ? ["Traefik's API, /api/rawdata"] : [];
    for (const part of gateway.parts) {
      const { labels, environment, command } = await gateway.inspect(part);
      for (const [label, value] of Object.entries(labels)) if (holds(value)) found.push(`label ${label} of ${part}`);
      if (command.some(holds)) found.push(`the command of ${part}`);
      // `upstreams` is LiteLLM's own image and environment once more, to ask its stdio servers directly.
      if (part === "litellm" || part === "upstreams") continue;
      for (const line of environment)
        if (holds(line)) found.push(`${line.split("=")[0]} in the environment of ${part}`);
    }
    if (found.length > 0) {
      const label = [...gateway.deployment.litellm.labels.values()].find(({ value }) => holds(value));
      throw new CheckFailure({
        summary: `the master key is to be read in ${found.length} places`,
        evidence: { received: found.join("\n") },
        cause:
          "the master key itself is injected by a label: anyone who reads labels or Traefik's API is admin, and so is every anonymous " +
          "caller of the injected route; give the middleware a key of its own that may do nothing else",
        ...(label === undefined ? {} : { location: label.location }),
      });
    }

    const injecting = routersFor(gateway.deployment).filter(({ middlewares }) => middlewares.length > 0);
    const searched = gateway.parts.length;
    evidence.finding(
      `The master key stands in LiteLLM's environment and nowhere else: labels, commands and environments of ${searched} parts ` +
        `and Traefik's API (${injecting.length} routers with middlewares) were searched for it.`,
    );
  },
});

import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { commandEvidence } from "../../../helpers/checks/evidence.ts";
import { check } from "../../runner/check.ts";
import { missingProgram, whyNotInLiteLLM } from "../support/missing-command.ts";
import { whyUnhealthy } from "../support/unhealthy-service.ts";

check({
  id: "ROUTE-20/healthchecks",
  requirements: ["ROUTE-20"],
  title: "each service's own healthcheck succeeds in it",
  needs: ["gateway", "inspection", "commands"],
  async run({ gateway, evidence }) {
    const checked = [...gateway.deployment.compose.services.values()].flatMap(({ name, healthcheck }) => {
      const part = gateway.partOfService(name);
      return healthcheck === undefined || part === undefined ? [] : [{ service: name, part, ...healthcheck }];
    });
    if (checked.length === 0)
      evidence.notSupported("no service that a run starts has a healthcheck in the compose files");
    let judged = 0;
    await forEachCase(
      "a healthcheck succeeds",
      checked,
      ({ service }) => service,
      async ({ service, part, command, location }) => {
        const run = await gateway.run(part.name, command);
        const lacking = run.exitCode === 0 ? undefined : missingProgram(run);
        const isLiteLLM = service === gateway.policy.services.litellm;
        const known =
          lacking !== undefined && isLiteLLM ? whyNotInLiteLLM(lacking, gateway.version(part.name)) : undefined;
        if (lacking !== undefined && part.isBuilt && known === undefined) {
          evidence.finding(
            `The healthcheck of ${service} was not judged: its image was built here and lacks the command.`,
          );
          return;
        }
        judged++;
        if (run.exitCode === 0) return;
        throw new CheckFailure({
          summary: `the healthcheck of ${service} fails with exit code ${run.exitCode} while its container serves requests`,
          code: "healthcheck-failed",
          expected: "exit code 0",
          actual: `exit code ${run.exitCode}`,
          evidence: commandEvidence(run),
          location,
          ...whyUnhealthy(gateway.deployment, { service, command }),
          ...known,
        });
      },
    );
    if (judged === 0) evidence.notSupported("the images that were built here lack the commands of the healthchecks");
    evidence.finding(`${judged} healthchecks of the compose files succeed in their services.`);
  },
});

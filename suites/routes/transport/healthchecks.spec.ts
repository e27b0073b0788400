import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { check } from "../../runner/check.ts";

/** What a shell and the engine say where there is no such command (POSIX, 2.8.2). */
const noCommand: ReadonlySet<number> = new Set([126, 127]);

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
    if (checked.length === 0) evidence.notSupported("compose.yaml gives no service that a run starts a healthcheck");
    let judged = 0;
    await forEachCase(
      "a healthcheck succeeds",
      checked,
      ({ service }) => service,
      async ({ service, part, command, location }) => {
        const { exitCode, stdout, stderr } = await gateway.run(part.name, command);
        if (noCommand.has(exitCode) && part.isBuilt) {
          evidence.finding(`${service}: its image was built here and lacks the healthcheck's command: not judged.`);
          return;
        }
        judged++;
        if (exitCode === 0) return;
        const isGateway = [gateway.policy.services.litellm, gateway.policy.services.traefik].includes(service);
        throw new CheckFailure({
          summary: `the healthcheck of ${service} fails with exit code ${exitCode} in a container that serves`,
          evidence: { sent: command.join(" "), received: `${stdout}${stderr}`.trim() || "nothing" },

          cause: isGateway
            ? "it asks for a path that needs a key, another port, or runs a command that the image lacks: Traefik leaves an unhealthy container out"
            : "it asks for another port, user or database, or runs a command that the image lacks: what depends on it never starts",
          location,
        });
      },
    );
    if (judged === 0) evidence.notSupported("the images that were built here lack the commands of the healthchecks");
    evidence.finding(`${judged} healthchecks of compose.yaml succeed in the services that they are for.`);
  },
});

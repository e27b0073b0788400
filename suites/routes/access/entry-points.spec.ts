import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { nearest } from "../../../helpers/core/text/nearest.ts";
import { check } from "../../runner/check.ts";
import { hostText } from "../../support/access-cases.ts";

check({
  id: "ROUTE-10/entry-points-exist",
  requirements: ["ROUTE-10"],
  title: "Traefik has the entry point of each host",
  needs: ["edge"],
  async run({ edge }) {
    const { policy, deployment } = edge;
    const names = [...deployment.traefikModel.static.entryPoints.keys()];
    await forEachCase(
      "the entry point that the policy names for a host exists",
      policy.hosts,
      (host) => hostText(policy, host),
      async ({ name, entryPoint = "", location }) => {
        if (names.some((one) => one.toLowerCase() === entryPoint.toLowerCase())) return;
        const near = nearest(entryPoint, names);
        throw new CheckFailure({
          summary: `Traefik has no entry point '${entryPoint}', by which the policy says that ${name} is served`,
          code: "no-entry-point",
          expected: `an entry point '${entryPoint}'`,
          actual: `${names.join(", ")}`,
          cause: "Traefik's static configuration does not define it, so no port of it is open and no router can use it",
          location,
          fix:
            near === undefined
              ? `add entryPoints.${entryPoint}.address to Traefik's static configuration, or name one of ${names.join(", ")}`
              : `write '${near}' in the policy, or add entryPoints.${entryPoint}.address to Traefik's static configuration`,
        });
      },
    );
  },
});

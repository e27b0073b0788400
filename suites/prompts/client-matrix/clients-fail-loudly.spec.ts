import type { Clients } from "../../../containers/targets/clients.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { unknownKey } from "../../../helpers/deployment/canaries.ts";
import { check } from "../../runner/check.ts";
import type { ClientRun, Visit } from "../clients/client.ts";
import { matrix } from "../clients/matrix.ts";
import { plainVisit, told } from "../clients/visit.ts";

/** Gateways that fail; the last one no client can tell from a gateway without tools, so that it ends as if all were well. */
const faults = ["wrong-key", "gateway-down", "empty-catalogue"] as const;

for (const [title, client] of matrix) {
  conformance(
    ["PROMPT-13"],
    `${title} gets nothing from a gateway that fails, and its run is told for a failure`,
    async ({ gateway, clients, evidence }) => {
      const rigs = { gateway, clients };
      const visit = await plainVisit(rigs);
      await forEachCase(
        "a gateway that fails is seen as such",
        faults,
        (fault) => fault,
        async (fault) => {
          const run = await client.use(rigs, failing(clients, visit, fault));
          const wrong = faultOf(run, fault, gateway.canaries.database);
          if (wrong !== undefined)
            throw new CheckFailure({ ...told(run), summary: `${client.name} ${client.version(rigs)}: ${wrong}` });
          evidence.finding(
            `${client.name} ${client.version(rigs)}, ${fault}: exit code ${run.exitCode}` +
              `${run.shown === undefined ? ", nothing shown; the suite tells by the catalogue's length, 0" : `, shows "${run.shown}"`}.`,
          );
        },
      );
    },
  );
}

function failing(clients: Clients, visit: Visit, fault: (typeof faults)[number]): Visit {
  if (fault === "wrong-key") return { ...visit, key: unknownKey };
  return { ...visit, mcpUrl: `${clients.origin(fault)}${new URL(visit.mcpUrl).pathname}` };
}

/** What is wrong with a run against a gateway that fails; undefined when it is a failure that shows. */
function faultOf(run: ClientRun, fault: (typeof faults)[number], canary: string): string | undefined {
  if (run.result?.includes(canary)) return `with ${fault} the call brought the canary`;
  if (fault === "empty-catalogue") {
    if (run.tools === undefined)
      return `with ${fault} it does not get as far as the catalogue: the fault is another one`;
    return run.tools.length === 0 ? undefined : `with ${fault} it lists ${run.tools.length} tools`;
  }
  if ((run.tools?.length ?? 0) > 0) return `with ${fault} it lists ${run.tools?.length} tools`;
  if (!run.failed) return `with ${fault} it ends as if all were well`;
  return run.shown === undefined ? `with ${fault} it shows no cause` : undefined;
}

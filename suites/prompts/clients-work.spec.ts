import { conformance } from "../conformance.ts";
import { matrix } from "./clients/matrix.ts";
import { catalogue, mustHaveWorked, plainVisit } from "./clients/visit.ts";

for (const [title, client] of matrix) {
  conformance(
    ["PROMPT-12"],
    `${title} connects, lists every tool of the catalogue, and gets a canary from a call`,
    async ({ gateway, clients, evidence }) => {
      const rigs = { gateway, clients };
      const visit = await plainVisit(rigs);
      const [expected, run] = await Promise.all([catalogue(gateway, visit.key), client.use(rigs, visit)]);
      mustHaveWorked(rigs, client, run, expected);
      evidence.finding(
        `${client.name} ${client.version(rigs)}: ${run.tools?.length} tools, a call with the canary, in ${(run.took / 1000).toFixed(1)} s${run.note === undefined ? "" : `; ${run.note}`}.`,
      );
    },
  );
}

import { check } from "../../runner/check.ts";
import { matrix } from "../clients/matrix.ts";
import { catalogue, mustHaveWorked, plainVisit } from "../clients/visit.ts";

/** Asked for once: a listing is the dearest thing that LiteLLM 1.77.1 can be asked for. */
let expected: Promise<string[]> | undefined;

for (const [title, client] of matrix) {
  conformance(
    ["PROMPT-12"],
    `${title} connects, lists every tool of the catalogue, and gets a canary from a call`,
    async ({ gateway, clients, evidence }) => {
      const rigs = { gateway, clients };
      const visit = await plainVisit(rigs);
      expected ??= catalogue(gateway, visit.key);
      const [tools, run] = await Promise.all([expected, client.use(rigs, visit)]);
      mustHaveWorked(rigs, client, run, tools);
      evidence.finding(
        `${client.name} ${client.version(rigs)}: ${run.tools?.length} tools, a call with the canary, in ${(run.took / 1000).toFixed(1)} s${run.note === undefined ? "" : `; ${run.note}`}.`,
      );
    },
  );
}

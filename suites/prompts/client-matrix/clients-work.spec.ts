import { check } from "../../runner/check.ts";
import { clientNeeds } from "../clients/client.ts";
import { expectWorked } from "../clients/client-failures.ts";
import { canaryTask, clientCatalogue } from "../clients/client-task.ts";
import { clientMatrix } from "../clients/matrix.ts";

for (const client of clientMatrix) {
  check({
    id: `PROMPT-12/${client.slug}`,
    requirements: ["PROMPT-12"],
    title: `${client.title} connects, lists every tool of the catalogue, and gets a canary from a call`,
    needs: [...clientNeeds, ...(client.isHeavy ? (["heavy-clients"] as const) : [])],
    async run({ gateway, clients, evidence }) {
      const targets = { gateway, clients };
      const [catalogue, run] = await Promise.all([
        clientCatalogue(gateway),
        canaryTask(gateway).then((task) => client.use(targets, task)),
      ]);
      const row = `${client.name} ${client.version(targets)}`;
      const cell = { row, column: "gateway up", expected: "every tool, and a call" };
      try {
        expectWorked(targets, client, run, catalogue);
      } catch (error) {
        evidence.compare("clients", { ...cell, found: `exit code ${run.exitCode}`, holds: false });
        throw error;
      }
      evidence.compare("clients", { ...cell, found: `${run.tools?.length} tools, and a call`, holds: true });
      const note = run.note === undefined ? "" : `; ${run.note}`;
      evidence.finding(
        `${client.name} ${client.version(targets)}: ${run.tools?.length} tools, a call with the canary, in ${(run.took / 1000).toFixed(1)} s${note}.`,
      );
    },
  });
}

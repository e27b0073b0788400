import type { Clients } from "../../../containers/targets/clients.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure, type FailureDetails } from "../../../helpers/checks/check-failure.ts";
import { unknownKey } from "../../../helpers/deployment/source/canaries.ts";
import { check } from "../../runner/check.ts";
import { everyoneAdmitted } from "../../support/any-key.ts";
import { type ClientRun, type ClientTask, clientNeeds } from "../clients/client.ts";
import { clientEvidence } from "../clients/client-failures.ts";
import { canaryTask } from "../clients/client-task.ts";
import { clientMatrix } from "../clients/matrix.ts";
import { canaryCall } from "../support/policy-lookup.ts";

/** Faults of the gateway. No client can tell an empty catalogue from a gateway without tools, so its run may succeed. */
const faults = ["wrong-key", "gateway-down", "empty-catalogue"] as const;
type Fault = (typeof faults)[number];

for (const client of clientMatrix) {
  check({
    id: `PROMPT-13/${client.slug}`,
    requirements: ["PROMPT-13"],
    title: `${client.title} gets nothing from a gateway that fails, and its run is recognised as a failure`,
    needs: [...clientNeeds, ...(client.isHeavy ? (["heavy-clients"] as const) : [])],
    async run({ gateway, clients, evidence }) {
      const targets = { gateway, clients };
      const task = await canaryTask(gateway);
      const name = `${client.name} ${client.version(targets)}`;
      await forEachCase(
        "a client's run shows the gateway's fault",
        faults,
        (fault) => fault,
        async (fault) => {
          const run = await client.use(targets, withFault(clients, task, fault));
          const difference = differenceFromFailure(run, fault, canaryCall(gateway).canary);
          evidence.compare("clients", {
            row: name,
            column: fault,
            expected: fault === "empty-catalogue" ? "no tools" : "fails, and says so",
            found: difference?.actual ?? (fault === "empty-catalogue" ? "no tools" : "fails, and says so"),
            holds: difference === undefined,
          });
          if (difference !== undefined)
            throw new CheckFailure({
              ...difference,
              summary: `${name}, ${fault}: ${difference.summary}`,
              evidence: clientEvidence(run),
              ...(fault === "wrong-key" && difference.code !== "no-cause-shown" ? everyoneAdmitted(gateway, 200) : {}),
            });
          const shown =
            run.shown === undefined
              ? "shows nothing; the suite recognises the fault by the number of tools, 0"
              : `shows "${run.shown}"`;
          evidence.finding(`${name}, ${fault}: exit code ${run.exitCode}, ${shown}.`);
        },
      );
    },
  });
}

function withFault(clients: Clients, task: ClientTask, fault: Fault): ClientTask {
  if (fault === "wrong-key") return { ...task, key: unknownKey };
  return { ...task, mcpUrl: `${clients.origin(fault)}${new URL(task.mcpUrl).pathname}` };
}

type Difference = Required<Pick<FailureDetails, "summary" | "code" | "expected" | "actual">>;

/** How a run differs from one that fails, and shows it; undefined when it does not. */
function differenceFromFailure(run: ClientRun, fault: Fault, canary: string): Difference | undefined {
  const tools = run.tools?.length ?? 0;
  if (run.result?.includes(canary))
    return {
      summary: "the call returned the canary",
      code: "canary-returned",
      expected: "no result",
      actual: "a result with the canary",
    };
  if (tools > 0)
    return {
      summary: "the client lists tools",
      code: "tools-listed",
      expected: fault === "empty-catalogue" ? "an empty list" : "no list",
      actual: `${tools} tools`,
    };
  if (fault === "empty-catalogue")
    return run.tools !== undefined
      ? undefined
      : {
          summary: "the client gets no list of tools, so its failure has another cause",
          code: "no-catalogue",
          expected: "an empty list",
          actual: `no list, exit code ${run.exitCode}`,
        };
  if (!run.failed)
    return {
      summary: "the client's run looks like a success",
      code: "silent-failure",
      expected: "a failure",
      actual: `exit code ${run.exitCode}`,
    };
  if (run.shown === undefined)
    return {
      summary: "the client shows no cause",
      code: "no-cause-shown",
      expected: "an error message",
      actual: "none",
    };
  return undefined;
}

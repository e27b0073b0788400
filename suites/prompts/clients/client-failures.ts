import { isNameOf } from "../../../helpers/agents/agent-diagnosis.ts";
import { CheckFailure, type FailureEvidence } from "../../../helpers/checks/check-failure.ts";
import { canaryCall, exampleCause } from "../support/policy-lookup.ts";
import type { ClientRun, ClientTargets, McpClient } from "./client.ts";

/**
 * The client listed every tool of the catalogue and no other, and its call returned the canary.
 *
 * @throws {CheckFailure} saying what is missing
 */
export function expectWorked(
  targets: ClientTargets,
  client: McpClient,
  run: ClientRun,
  catalogue: readonly string[],
): void {
  const { gateway } = targets;
  const name = `${client.name} ${client.version(targets)}`;
  const evidence = clientEvidence(run);
  const {
    canary,
    upstream: { location },
  } = canaryCall(gateway);
  const expected = `the catalogue's ${catalogue.length} tools`;
  if (run.tools === undefined)
    throw new CheckFailure({
      summary: `${name} gets no list of tools`,
      code: "no-catalogue",
      expected,
      actual: `no list, exit code ${run.exitCode}`,
      evidence,
      location,
    });
  const missing = catalogue.filter((tool) => !run.tools?.some((shown) => isNameOf(shown, tool)));
  const extra = run.tools.filter((shown) => !catalogue.some((tool) => isNameOf(shown, tool)));
  if (missing.length + extra.length > 0 || run.tools.length !== catalogue.length) {
    const differences = [...missing.map((tool) => `- ${tool}`), ...extra.map((tool) => `+ ${tool}`)];
    throw new CheckFailure({
      summary: `${name} does not list exactly the catalogue's tools`,
      code: missing.length > 0 ? "missing-tools" : "unexpected-tools",
      expected,
      actual: `${run.tools.length} tools`,
      evidence: { ...evidence, received: differences.join("\n") },
      cause:
        missing.length > 0
          ? "the client silently drops tools whose schema it does not accept"
          : "LiteLLM lists fewer tools to the suite's own client, with the same key: it leaves a server out that does not answer in time",
      location,
    });
  }
  if (run.result?.includes(canary) !== true) {
    throw new CheckFailure({
      summary: `${name} called a tool, and the result does not contain the canary`,
      code: "no-canary",
      expected: `a result with ${canary}`,
      actual: run.result ?? "no result",
      evidence,
      cause: "the call failed on its way, or the result comes from another server than the run's",
      ...exampleCause(canaryCall(gateway)),
      location,
    });
  }
}

/** A failure's evidence from a client's run, with its commands. */
export function clientEvidence({ command, commands, exitCode, tools, result, shown }: ClientRun): FailureEvidence {
  return {
    sent: command,
    received: [
      `exit code ${exitCode}`,
      tools === undefined ? "no list of tools" : `${tools.length} tools`,
      ...(result === undefined ? [] : [`result: ${result.slice(0, 300)}`]),
      ...(shown === undefined ? [] : [shown]),
    ].join("\n"),
    commands,
  };
}

import { resolve } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { DeploymentError } from "../../../helpers/core/errors.ts";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import type { Deployment } from "../../../helpers/deployment/types.ts";
import type { NeededService } from "../../candidate/types.ts";
import { checkNames } from "./check-names.ts";

let deployment: Deployment;
beforeAll(async () => {
  deployment = await loadDeployment(resolve("deployments/reference"));
});

function faultsOf(needs: readonly string[], hosts: readonly string[]): string[] {
  const lines = (names: readonly string[], from: number) =>
    names.map((_, index) => ({ file: resolve("candidate.yaml"), line: from + index }));
  const services = needs.map((name) => ({ name }) as NeededService);
  try {
    checkNames(deployment, { needs: services, hosts, locations: { needs: lines(needs, 10), hosts: lines(hosts, 20) } });
    return [];
  } catch (error) {
    if (!(error instanceof DeploymentError)) throw error;
    return error.message.split("\n");
  }
}

test("names outside of the deployment are accepted, and so is a host that is the candidate's own service", () => {
  expect(faultsOf(["notes"], ["api.example.com:443", "notes:5432"])).toEqual([]);
});

test("a service and a host with the name of the deployment's service are one line each", () => {
  const key = deployment.litellm.key;
  const faults = faultsOf([key], [`${key}:4000`, "other:1"]);
  expect(faults).toEqual([
    `candidate.yaml:10: needs: ${key} is the name of a service of the deployment, and LiteLLM would reach either of them; give it another name`,
  ]);
  expect(faultsOf([], ["other:1", `${key.toUpperCase()}:4000`])).toEqual([
    expect.stringMatching(
      /^candidate\.yaml:21: hosts: \S+ is the name of a service of the deployment, and hosts are outside of the run; remove it; /,
    ),
  ]);
});

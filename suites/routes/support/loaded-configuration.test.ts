import { expect, test } from "vitest";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { patchedCopy } from "../../../helpers/deployment/source/patched-copy.ts";
import { causeOfNoRedirection } from "../../../helpers/deployment/traefik/causes.ts";
import { withTraefik } from "../../../helpers/deployment/types.ts";
import { problemOf, providerErrors } from "./loaded-configuration.ts";

/** What Traefik 3.5 logs, in both formats. */
const logs = [
  `2026-01-01T00:00:00Z ERR error="'to' entry point field references a non-existing entry point: websecur" entryPointName=web providerName=internal`,
  `{"level":"error","providerName":"internal","entryPointName":"web","error":"'to' entry point field references a non-existing entry point: websecur"}`,
];

test.for([
  ["websecur", "write 'websecure'"],
  ["https-in", "name one of websecure, or a port like :443"],
  ["websecure", undefined],
  [":443", undefined],
] as const)("a redirection to %s", async ([to, fix]) => {
  const option = "      - --entrypoints.web.http.redirections.entrypoint.to=";
  const patch = { file: "compose.yaml", find: `${option}websecure`, replace: option + to };
  using copy = patchedCopy("deployments/examples/database", [patch]);
  const { traefikModel: model } = withTraefik(await loadDeployment(copy.folder));
  for (const log of logs) {
    const [error] = providerErrors(log);
    if (error === undefined) throw new Error("the log has no error of a provider");
    expect(error.provider).toBe("internal");
    const found = problemOf(model, error);
    expect([found?.fix, found?.location.line]).toEqual(fix === undefined ? [undefined, undefined] : [fix, 18]);
    expect(problemOf(model, { ...error, message: error.message.replace(/\bweb\b/, "other") })).toBeUndefined();
  }
  expect(causeOfNoRedirection(model, "web")?.fix).toBe(fix);
  expect(causeOfNoRedirection(model, "websecure")).toBeUndefined();
});

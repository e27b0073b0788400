import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadDeployment } from "../load.ts";
import { patchedCopy } from "../source/patched-copy.ts";
import { type SourceLocation, withTraefik } from "../types.ts";
import { misplacedCredential, secretInAnswers } from "./header-options.ts";

const written = "headers.customrequestheaders.Authorization: Bearer ${LITELLM_STATUS_KEY}";

/** What is found in `virtual-keys` with another option in place of the one that adds the key, and the text of its line. */
async function foundWith(option: string) {
  using copy = patchedCopy("deployments/examples/virtual-keys", [
    { file: "compose.yaml", find: written, replace: option },
  ]);
  const { traefikModel: model, variables } = withTraefik(await loadDeployment(copy.folder));
  const router = model.routerOf("litellm-status@docker");
  const key = variables.get("LITELLM_STATUS_KEY")?.value;
  if (router === undefined || key === undefined) throw new Error("the example has another router or key");
  const holdsKey = (value: string): boolean => value.includes(key);
  const lineOf = ({ file, line }: SourceLocation) => readFileSync(file, "utf8").split("\n")[line - 1]?.trim();
  const shown = (found: ReturnType<typeof secretInAnswers>) =>
    found && { cause: found.cause, line: lineOf(found.location) };
  return {
    notInRequest: shown(misplacedCredential(model, router, holdsKey)),
    inAnswers: shown(secretInAnswers(model, holdsKey)),
  };
}

const inAnswer =
  "the middleware litellm-status-key adds the header Authorization to the answer (customResponseHeaders): whoever sends a request gets its value";

test.for([
  ["as it should be", written, undefined, undefined],
  ["in the answer", written.replace("request", "response"), inAnswer, inAnswer],
  [
    "in another header",
    written.replace("Authorization", "X-Authorization"),
    "the middleware litellm-status-key of the router litellm-status adds the key as X-Authorization, not as Authorization",
    undefined,
  ],
  ["nowhere", "headers.customresponseheaders.Authorization: Bearer", undefined, undefined],
] as const)("a key %s", async ([, option, notInRequest, inAnswers]) => {
  const found = await foundWith(option);
  expect(found.notInRequest?.cause).toBe(notInRequest);
  expect(found.inAnswers?.cause).toBe(inAnswers);
  const line = `traefik.http.middlewares.litellm-status-key.${option}`;
  for (const one of [found.notInRequest, found.inAnswers]) expect(one?.line ?? line).toBe(line);
});

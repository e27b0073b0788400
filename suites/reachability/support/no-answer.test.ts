import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { type Patch, patchedCopy } from "../../../helpers/deployment/source/patched-copy.ts";
import { whyNoAnswer } from "./no-answer.ts";

const late = { status: 0, isLate: true };
const refused = { status: 0, isLate: false };
const unpublished: Patch = { file: "compose.yaml", find: '      - "80:80"\n', replace: "" };
const withoutAnswers: Patch = { file: "firewall.nft", find: "established : accept", replace: "established : drop" };

test.for<[string, Patch[], typeof late, string | undefined, RegExp | undefined]>([
  ["nothing publishes it", [unpublished], refused, '- "443:443"', /no service publishes port 80/],
  ["the firewall denies the answers", [withoutAnswers], late, "ct state vmap", /denies the answers/],
  ["it is refused, although the firewall denies the answers", [withoutAnswers], refused, undefined, undefined],
  ["the files are right", [], late, undefined, undefined],
])("a port of the gateway host does not answer where %s", async ([_, patches, answer, line, cause]) => {
  using copy = patchedCopy("deployments/reference", patches);
  const deployment = await loadDeployment(copy.folder);
  const why = whyNoAnswer(deployment, 80, answer);
  if (line === undefined || cause === undefined) return expect(why).toBeUndefined();
  expect(why?.cause).toMatch(cause);
  const { file = "", line: at = 0 } = why?.location ?? {};
  expect(readFileSync(file, "utf8").split("\n")[at - 1]).toContain(line);
});

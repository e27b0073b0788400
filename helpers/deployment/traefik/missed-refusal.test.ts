import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadDeployment } from "../load.ts";
import { patchedCopy } from "../source/patched-copy.ts";
import { withTraefik } from "../types.ts";
import { missedRefusal } from "./missed-refusal.ts";

/** What was meant to refuse a request in the reference with one text replaced, and the line that is named. */
async function missedIn(
  [find, replace]: readonly [string, string],
  name: string,
): Promise<{ cause: string; line: string | undefined } | undefined> {
  using copy = patchedCopy("deployments/reference", find === "" ? [] : [{ file: "compose.yaml", find, replace }]);
  const { traefikModel, policy } = withTraefik(await loadDeployment(copy.folder));
  const host = policy.hosts.find((one) => one.name === name);
  if (host === undefined) throw new Error(`the policy has no host ${name}`);
  const request = { host: name, method: "GET", path: "/v1/models", headers: [], query: [], client: undefined };
  const found = missedRefusal(traefikModel, request, host, policy.hosts);
  if (found === undefined) return undefined;
  const line = readFileSync(found.location.file, "utf8").split("\n")[found.location.line - 1]?.trim();
  return { cause: found.cause, line };
}

const internal = "litellm.linuxserver.lan";
const external = "litellm.ai-servicers.com";
const label = (router: string, option: string): string => `traefik.http.routers.${router}.${option}: `;

test.for([
  [
    "another entry point",
    [`${label("litellm-refused", "entrypoints")}web\n`, `${label("litellm-refused", "entrypoints")}websecure\n`],
    internal,
    "the router litellm-refused is not on the entry point web",
    label("litellm-refused", "entrypoints"),
  ],
  [
    "a misspelt host",
    [`${label("litellm-refused", "rule")}Host(\`litellm.`, `${label("litellm-refused", "rule")}Host(\`www.litellm.`],
    internal,
    "the rule of the router litellm-refused does not match it",
    label("litellm-refused", "rule"),
  ],
  [
    "a host that is excluded",
    [
      `${label("litellm-refused-ext", "rule")}Host(\`${external}\`)`,
      `${label("litellm-refused-ext", "rule")}"!Host(\`${external}\`)"`,
    ],
    external,
    "the rule of the router litellm-refused-ext does not match it",
    label("litellm-refused-ext", "rule"),
  ],
  [
    "no TLS",
    [`${label("litellm-refused-ext", "tls")}"true"`, `${label("litellm-refused-ext", "tls")}"false"`],
    external,
    "the router litellm-refused-ext has no TLS, and neither has its entry point websecure: it takes plain HTTP only there",
    label("litellm-refused-ext", "tls"),
  ],
] as const)("the router that refuses what no other one takes has %s", async ([_, change, host, cause, line]) => {
  const missed = await missedIn(change, host);
  expect(missed?.cause).toBe(cause);
  expect(missed?.line?.startsWith(line.trim())).toBe(true);
});

test("a router that refuses for another host of the policy was not meant for this one", async () => {
  const all = readFileSync("deployments/reference/compose.yaml", "utf8");
  const [labels = ""] = /(?: +traefik\.http\.routers\.litellm-refused-ext\..*\n)+/.exec(all) ?? [];
  expect(labels).not.toBe("");
  expect(await missedIn([labels, ""], external)).toBeUndefined();
});

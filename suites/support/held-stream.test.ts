import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadDeployment } from "../../helpers/deployment/load.ts";
import { type Patch, patchedCopy } from "../../helpers/deployment/source/patched-copy.ts";
import type { Exchange, HeaderLines } from "../../helpers/protocol/exchange.ts";
import { causeOfBufferedAnswer, causeOfHeldStream } from "./held-stream.ts";

/** The cause in a changed `allow-list`, with the text of its line. */
async function causeIn(patches: readonly Patch[], url: string, headers: HeaderLines = [], status = 200) {
  using copy = patchedCopy("deployments/examples/allow-list", patches);
  const exchange = { id: "one", request: { method: "POST", url, headers }, response: { status, headers: [] } };
  const found = causeOfHeldStream(exchange as unknown as Exchange, headers, await loadDeployment(copy.folder));
  const { location } = found;
  return { cause: found.cause, line: location && readFileSync(location.file, "utf8").split("\n")[location.line - 1] };
}

const chat = "https://api.example.dev/v1/chat/completions";
const accepted: HeaderLines = [["Accept-Encoding", "gzip"]];
const buffering = (replace: string): Patch => ({ file: "dynamic/api.yml", find: "body: { buffering:", replace });

test.for([
  ["of a buffering middleware in a chain", [], chat, [], /^Traefik's buffering reads/, /^ +body: \{ buffering/],
  ["of buffering, whatever is compressed", [], chat, accepted, /^Traefik's buffering reads/, /^ +body: \{ buffering/],
  ["of another router's request", [], "https://api.example.dev/key/info", [], /^a buffering, compress/, /^ +gateway:/],
  [
    "of LiteLLM's own port",
    [],
    "http://127.0.0.1:4000/v1/chat/completions",
    [],
    /^a buffering, compress/,
    /^ +gateway:/,
  ],
  [
    "of compression",
    [buffering("body: { compress: {} }\n    other: { buffering:")],
    chat,
    accepted,
    /^the compress middleware body/,
    /^ +body: \{ compress/,
  ],
] as const)("the cause %s", async ([_, patches, url, headers, cause, line]) => {
  const found = await causeIn(patches, url, headers);
  expect(found.cause).toMatch(cause);
  expect(found.line).toMatch(line);
});

test.for([
  ["5s", /^Traefik answers 504 .*responseHeaderTimeout \(5s\)/, "responseHeaderTimeout: 5s"],
  ["0s", /^a buffering, compress/, "gateway:"],
] as const)("an answer of 504 is blamed on responseHeaderTimeout: %s", async ([value, cause, line]) => {
  const limit = {
    file: "dynamic/api.yml",
    find: "responseHeaderTimeout: 20s",
    replace: `responseHeaderTimeout: ${value}`,
  };
  const found = await causeIn([buffering("body: { compress: {} }\n    other: { buffering:"), limit], chat, [], 504);
  expect(found.cause).toMatch(cause);
  expect(found.line).toContain(line);
});

test.for([
  ["https://api.example.dev/mcp/", /^ +body: \{ buffering/],
  ["https://api.example.dev/key/info", undefined],
] as const)("an unanswered stream at %s is blamed on a buffering middleware on its way only", async ([url, line]) => {
  const exchange = { id: "one", request: { method: "GET", url, headers: [] } };
  const deployment = await loadDeployment("deployments/examples/allow-list");
  const location = causeOfBufferedAnswer(exchange as unknown as Exchange, deployment)?.location;
  const found = location && readFileSync(location.file, "utf8").split("\n")[location.line - 1];
  expect(found).toEqual(line === undefined ? undefined : expect.stringMatching(line));
});

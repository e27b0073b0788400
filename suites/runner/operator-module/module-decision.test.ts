import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { expect, test } from "vitest";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { patchedCopy } from "../../../helpers/deployment/source/patched-copy.ts";
import type { Exchange, HeaderLines } from "../../../helpers/protocol/exchange.ts";
import { type AskedGateway, withModuleDecision } from "./module-decision.ts";

const deployment = await loadDeployment("deployments/reference");
const keyOf = (name: string): string => deployment.variables.get(name)?.value ?? "";
const client = keyOf("LITELLM_CLIENT_KEY");

const failure = new CheckFailure({
  summary: "no answer",
  expected: "200",
  actual: "500",
  cause: "LiteLLM",
  fix: "start it",
  follows: "CAT-04/a",
  evidence: { exchanges: ["one"] },
});

/** A request that LiteLLM refused. */
function refused(key: string | undefined, body = '{"error":"MCP request failed"}', status = 500): Exchange {
  const headers: HeaderLines = key === undefined ? [] : [["Authorization", `Bearer ${key}`]];
  const request = { method: "POST", url: "http://litellm.lan/mcp/?a=b", headers, body: undefined };
  return { id: "one", request, response: { status, headers: [], body } } as unknown as Exchange;
}

const decision = {
  refused: true,
  error: "HTTPException",
  status: "403",
  message: "not covered",
  raisedAt: 116,
  onPurpose: true,
  computed: null,
  decidedAt: 46,
  lacks: false,
  mistakenFor: null,
};

/** A gateway whose module decides so. */
function deciding(answer: object | string, asked: string[][] = [], of: AskedGateway["deployment"] = { ...deployment }) {
  const stdout = `the module prints this\n${typeof answer === "string" ? answer : JSON.stringify(answer)}\n`;
  return {
    deployment: of,
    run: async (_part: string, command: readonly string[], options?: { environment?: Record<string, string> }) => {
      asked.push([...command.slice(3), options?.environment?.CONFORMANCE_KEY ?? ""]);
      return { exitCode: 0, stdout };
    },
  };
}

/** The cause and the line that a failure names. */
async function named(answer: object, key: string | undefined = client): Promise<string> {
  const { details } = await withModuleDecision(failure, [refused(key)], deciding(answer));
  const { location, cause } = details;
  return `${basename(location?.file ?? "nothing")}:${location?.line} ${cause}`;
}

const clientLine = readFileSync("deployments/reference/litellm/scoped_keys.py", "utf8")
  .split("\n")
  .findIndex((line) => line.includes('"LITELLM_CLIENT_KEY"'));

test.for<[string, object, string]>([
  [
    "of the condition",
    {},
    "scoped_keys.py:46 scoped_keys.py refuses POST /mcp/ with the key of LITELLM_CLIENT_KEY, by line 46 (line 116 raises it): 'not covered'",
  ],
  [
    "of the key, where its own list lacks the request",
    { lacks: true },
    `scoped_keys.py:${clientLine + 1} scoped_keys.py grants the key of LITELLM_CLIENT_KEY no POST /mcp/: 'not covered'`,
  ],
  [
    "that gives the key this list, where it is known",
    { lacks: true, listLine: 71 },
    "scoped_keys.py:71 scoped_keys.py grants the key of LITELLM_CLIENT_KEY no POST /mcp/: 'not covered'",
  ],
  [
    "after which the module returns nothing",
    { refused: false, returnsNothing: 120 },
    "scoped_keys.py:120 scoped_keys.py returns nothing for POST /mcp/, after line 120: it has to return a UserAPIKeyAuth",
  ],
  [
    "of the look-up that finds another key",
    { lacks: true, mistakenFor: { variable: "LITELLM_FILES_KEY", line: 95 } },
    "scoped_keys.py:95 scoped_keys.py takes the request with the key of LITELLM_CLIENT_KEY for one with LITELLM_FILES_KEY: 'not covered'",
  ],
  [
    "of an error that is raised by mistake",
    { error: "TypeError", status: "", message: "no list", onPurpose: false, raisedAt: 92 },
    "scoped_keys.py:92 scoped_keys.py raises TypeError: no list (line 92)",
  ],
  [
    "of the value that such an error is about",
    {
      error: "TypeError",
      status: "",
      message: "no list",
      onPurpose: false,
      raisedAt: 92,
      computed: { line: 85, name: "KEYS" },
    },
    "scoped_keys.py:85 scoped_keys.py raises TypeError: no list (line 92, with the value of KEYS)",
  ],
])("a request that the module refuses names the line %s", async ([_, change, text]) => {
  expect(await named({ ...decision, ...change })).toBe(text);
});

test.for<[string, object, number | undefined]>([
  [
    "an error by mistake, where the module should refuse",
    { onPurpose: false, error: "TypeError", decidedAt: 105 },
    116,
  ],
  ["a refusal on purpose, which some part changed into it", {}, undefined],
])("a status 500 instead of a refusal is explained by %s", async ([_, change, line]) => {
  const details = { ...failure.details, expected: "401 with WWW-Authenticate", location: undefined };
  const gateway = deciding({ ...decision, ...change });
  const explained = await withModuleDecision(new CheckFailure(details), [refused(client)], gateway);
  expect(explained.details.location?.line).toBe(line);
});

test("an answer with another status is explained where the module raises something that is no exception", async () => {
  const cause = "scoped_keys.py raises TypeError: exceptions must derive from BaseException";
  const details = { ...failure.details, expected: "401 with WWW-Authenticate", actual: "401 without it", cause };
  const message = "exceptions must derive from BaseException";
  const gateway = deciding({
    ...decision,
    ...{ error: "TypeError", status: "", message, onPurpose: false, computed: { line: 102, name: "_refusal()" } },
  });
  const answer = refused(client, `{"error":"Authentication Error, ${message}"}`, 401);
  const explained = await withModuleDecision(new CheckFailure(details), [answer], gateway);
  expect(explained.details.location?.line).toBe(102);
});

test("the module gets the request and the key; what followed from another check does not any more", async () => {
  const asked: string[][] = [];
  const { details } = await withModuleDecision(failure, [refused(client)], deciding(decision, asked));
  const request = '{"method":"POST","path":"/mcp/","query":"a=b","headers":[]}';
  expect(asked).toEqual([["/app", "scoped_keys.authenticate", request, client]]);
  expect(details).not.toHaveProperty("fix");
  expect(details).not.toHaveProperty("follows");
});

test("a key that the module does not name is found at the first key that it names", async () => {
  using copy = patchedCopy("deployments/reference", [
    { file: "litellm/scoped_keys.py", find: '"LITELLM_CLIENT_KEY"', replace: '"ANOTHER"' },
  ]);
  const gateway = deciding({ ...decision, status: "401" }, [], await loadDeployment(copy.folder));
  const { details } = await withModuleDecision(failure, [refused(client)], gateway);
  expect(details.cause).toMatch(/^scoped_keys\.py names LITELLM_MASTER_KEY, .*, and not LITELLM_CLIENT_KEY$/);
});

test("of several cases with the same request, the module is asked once", async () => {
  const asked: string[][] = [];
  const several = new CheckFailure({ ...failure.details, cases: [failure.details, failure.details] });
  const { details } = await withModuleDecision(several, [refused(client)], deciding(decision, asked));
  expect(asked).toHaveLength(1);
  expect(details.cases?.map(({ location }) => location?.line)).toEqual([46, 46]);
});

test("all checks of a worker share what the module decides, and ask about four requests at most", async () => {
  const asked: string[][] = [];
  const gateway = deciding(decision, asked);
  const paths = ["/a", "/b", "/c", "/d", "/e", "/a"];
  const lines: (number | undefined)[] = [];
  for (const path of paths) {
    const { request, ...rest } = refused(client);
    const exchange = { ...rest, request: { ...request, url: `http://litellm.lan${path}` } } as Exchange;
    lines.push((await withModuleDecision(failure, [exchange], gateway)).details.location?.line);
  }
  expect(asked).toHaveLength(4);
  expect(lines).toEqual([46, 46, 46, 46, undefined, 46]);
});

test("a request for an address that is not a URL does not ask the module", async () => {
  const { request, ...rest } = refused(client);
  const asked: string[][] = [];
  const exchanges = [{ ...rest, request: { ...request, url: "http://[bad/" } }] as Exchange[];
  expect(await withModuleDecision(failure, exchanges, deciding(decision, asked))).toBe(failure);
  expect(asked).toEqual([]);
});

test("without evidence, the request whose answer the failure quotes counts", async () => {
  const { evidence: _, ...rest } = failure.details;
  const quoting = new CheckFailure({ ...rest, actual: 'status 500: {"error":"MCP request failed"}' });
  const exchanges = [refused(client), refused(keyOf("LITELLM_FILES_KEY"), '{"error":"another"}')];
  const { details } = await withModuleDecision(quoting, exchanges, deciding(decision));
  expect(details.cause).toContain("with the key of LITELLM_CLIENT_KEY");
});

test.for<[string, Partial<CheckFailure["details"]>, Exchange[], AskedGateway | undefined]>([
  ["the check expects a refusal", { expected: "401 with WWW-Authenticate" }, [refused(client)], deciding(decision)],
  ["the module admits the request", {}, [refused(client)], deciding({ refused: false })],
  ["the answer has another status and text", {}, [refused(client, '{"detail":"x"}', 404)], deciding(decision)],
  ["no program answered in JSON", {}, [refused(client, "Unauthorized")], deciding(decision)],
  ["the key is not a Bearer one", {}, [refused("a b")], deciding(decision)],
  ["nothing can be asked", {}, [refused(client)], { deployment }],
  ["the module does not answer", {}, [refused(client)], deciding("killed")],
  ["there is no gateway", {}, [refused(client)], undefined],
])("a failure stays as it is where %s", async ([_, change, exchanges, gateway]) => {
  const own = new CheckFailure({ ...failure.details, ...change });
  expect(await withModuleDecision(own, exchanges, gateway)).toBe(own);
});

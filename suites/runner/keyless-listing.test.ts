import { expect, test } from "vitest";
import { CheckFailure, type FailureDetails } from "../../helpers/checks/check-failure.ts";
import type { Deployment } from "../../helpers/deployment/types.ts";
import type { Exchange } from "../../helpers/protocol/exchange.ts";
import { withKeylessListing } from "./keyless-listing.ts";

const finding = {
  location: { file: "config.yaml", line: 7 },
  what: "LiteLLM has no master key",
  why: "why",
  fix: "set it",
};
const deployment = (version: string, admitsEveryone?: typeof finding): Deployment =>
  ({ litellmConfig: { version, admitsEveryone } }) as unknown as Deployment;
const keyless = deployment("1.95.0", finding);

const incomplete: FailureDetails = {
  summary: "the catalogue is not complete",
  expected: "2 tools",
  actual: "0 tools",
  cause: "LiteLLM could not start it",
};

function answer(body: unknown, server = "uvicorn"): Exchange {
  const response = {
    status: 200,
    headers: [["Server", server]],
    body: JSON.stringify(body),
    endAfter: 1,
  };
  return { id: "one", request: {}, response } as unknown as Exchange;
}
const result = (own: object): Exchange => answer({ jsonrpc: "2.0", id: 1, result: own });
function refused(detail: string): Exchange {
  const one = answer({ detail });
  return { ...one, response: { ...one.response, status: 403 } } as Exchange;
}
const refusal = result({
  isError: true,
  content: [{ type: "text", text: "Error: User not allowed to call this tool." }],
});

test.for<[string, Partial<FailureDetails>, Exchange[]]>([
  [
    "all of its listings are empty",
    {},
    [result({ tools: [] }), result({ prompts: [] }), answer({ tools: [{}] }, "nginx")],
  ],
  ["LiteLLM's own route lists nothing", {}, [answer({ tools: [] })]],
  ["a call is refused", {}, [refusal]],
  ["a prompt is refused", { actual: "403: User not allowed to get this prompt." }, []],
  ["a route of admins is refused", {}, [refused("Access denied. Admin role required. Current role: internal_user")]],
  ["a call of another check was refused", { actual: "Error: User not allowed to call this tool." }, []],
  ["another check has listed nothing", { cause: "LiteLLM lists no tool; see CAT-02" }, []],
])("where everyone is let in and %s, the failure names that line", async ([_, own, exchanges]) => {
  const { details } = await withKeylessListing(new CheckFailure({ ...incomplete, ...own }), exchanges, keyless);
  expect(details).toEqual({
    ...incomplete,
    ...own,
    cause:
      "LiteLLM has no master key: LiteLLM lets every caller in then, and grants it no MCP server and no route of admins",
    location: finding.location,
    fix: "set it",
    follows: "CAT-10/no-key-at-litellm",
  });
});

test.for<[string, Partial<FailureDetails>, Exchange[], Deployment]>([
  ["LiteLLM demands a key", {}, [result({ tools: [] })], deployment("1.95.0")],
  ["LiteLLM shows every server to such a caller", {}, [result({ prompts: [] })], deployment("1.77.1", finding)],
  ["something is listed", {}, [result({ tools: [] }), result({ tools: [{ name: "a" }] })], keyless],
  ["an address is refused", {}, [refused("Access forbidden: IP address not allowed")], keyless],
  ["nothing was listed or called", {}, [result({})], keyless],
  ["it names the line already", { location: finding.location }, [result({ tools: [] })], keyless],
])("where %s, the failure stays as it is", async ([_, own, exchanges, running]) => {
  const failure = new CheckFailure({ ...incomplete, ...own });
  expect(await withKeylessListing(failure, exchanges, running)).toBe(failure);
});

test("of several cases, those that show an empty listing name the line, and follow only together", async () => {
  const of = (id: string): FailureDetails => ({ ...incomplete, case: id, evidence: { exchanges: [id] } });
  const cases = [of("one"), of("two")];
  const failure = new CheckFailure({ ...incomplete, cause: "of the first case", cases });
  const listing = result({ tools: [] });
  const partly = await withKeylessListing(failure, [listing, { ...result({}), id: "two" }], keyless);
  expect(partly.details).toMatchObject({ location: finding.location, cases: [{ fix: "set it" }, cases[1]] });
  expect(partly.details.follows).toBeUndefined();
  const wholly = await withKeylessListing(failure, [listing, { ...listing, id: "two" }], keyless);
  expect(wholly.details.follows).toBe("CAT-10/no-key-at-litellm");
});

import { randomUUID } from "node:crypto";
import type { TestGateway } from "../../../containers/targets/test-gateway.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { differences } from "../../../helpers/core/text/json-difference.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { statusText } from "../support/error-answers.ts";
import { catalogueName } from "../support/mcp-client.ts";
import { rpc } from "../support/rpc.ts";

/** Characters of one to four bytes: whatever size the pieces of a body have, one of them is cut in two. */
const ofEveryLength = "aé漢🜁";

const inputs: readonly { name: string; input: Readonly<Record<string, unknown>> }[] = [
  { name: "non-ASCII text of 40 KB", input: { text: ofEveryLength.repeat(4_000) } },
  { name: "the same, one byte later", input: { text: `-${ofEveryLength.repeat(4_000)}` } },
  { name: "1 MB", input: { text: "0123456789abcdef".repeat(65_536) } },
  { name: "60 levels", input: { nested: nested(60) } },
  {
    name: "names and values that are easily changed",
    input: {
      "": "",
      ключ: null,
      number: 1e-7,
      large: 9007199254740991,
      list: [[], {}, [null]],
      escaped: '"\\/\u0000\u2028\ud83d\ude00',
    },
  },
];

check({
  id: "CAT-26/arguments-unharmed",
  requirements: ["CAT-26"],
  title: "arguments arrive at the upstream as the client sent them",
  needs: ["testGateway"],
  async run({ testGateway }) {
    await forEachCase(
      "the upstream receives the client's arguments",
      inputs,
      ({ name }) => name,
      async ({ input }) => {
        const token = randomUUID();
        const exchange = await callAnswer(testGateway, { arguments: { ...input, token } });
        const [call] = await testGateway.received(token);
        const different = call === undefined ? [] : differences({ ...input, token }, call.input);
        if (call !== undefined && different.length === 0 && exchange.response?.body.includes(token)) return;
        throw new CheckFailure({
          summary:
            call === undefined
              ? "the call does not arrive"
              : different.length > 0
                ? "the arguments arrive changed"
                : "the call arrives and is not answered",
          code: call === undefined ? "call-lost" : different.length > 0 ? "arguments-changed" : "no-result",
          expected: "the client's arguments at the upstream, and its result",
          actual: different.length > 0 ? different.slice(0, 5).join("\n") : statusText(exchange),
          evidence: exchangeEvidence(exchange),
          cause: /codec can't decode/.test(exchange.response?.body ?? "")
            ? "LiteLLM decodes the beginning of the body alone, and cuts a character in two (BerriAI/litellm#34917)"
            : "LiteLLM reads or writes the body with another encoding, or limits its size or depth",
          location: testGateway.deployment.litellm.location,
        });
      },
    );
  },
});

check({
  id: "CAT-26/meta-kept",
  requirements: ["CAT-26"],
  title: "the _meta of a call arrives at the upstream",
  needs: ["testGateway"],
  async run({ testGateway }) {
    const token = randomUUID();
    const meta = { "conformance.example/trace": token };
    const exchange = await callAnswer(testGateway, { arguments: { token }, _meta: meta });
    const [call] = await testGateway.received(token);
    const arrived = call?.meta ?? {};
    if (arrived["conformance.example/trace"] === token) return;
    throw new CheckFailure({
      summary: call === undefined ? "a call with _meta does not arrive" : "the _meta of a call does not arrive",
      code: call === undefined ? "call-lost" : "meta-lost",
      expected: JSON.stringify(meta),
      actual: call === undefined ? statusText(exchange) : JSON.stringify(arrived),
      evidence: exchangeEvidence(exchange),
      cause: "LiteLLM builds a new request from the tool's name and its arguments alone",
    });
  },
});

function callAnswer(testGateway: TestGateway, params: Record<string, unknown>): Promise<Exchange> {
  return rpc(testGateway, {
    path: testGateway.endpoint("unwell"),
    method: "tools/call",
    params: { name: catalogueName(testGateway, "unwell", "answer"), ...params },
  });
}

function nested(levels: number): unknown {
  return levels === 0 ? "the end" : { deeper: [nested(levels - 1)] };
}

import { z } from "zod";
import type { TestGateway } from "../../../containers/targets/test-gateway.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { jsonOf } from "../../../helpers/core/text/json.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { statusText } from "../support/error-answers.ts";
import { deadUpstreams } from "../support/listing-isolation.ts";
import { rpc, toolNamesIn } from "../support/rpc.ts";

// In its own file: for the health of one upstream, 1.77.1 asks all of them one after the other, the silent ones too.
check({
  id: "CAT-22/health-agrees-with-calls",
  requirements: ["CAT-22"],
  title: "LiteLLM's report of an upstream's health agrees with what a real call finds",
  needs: ["testGateway"],
  slow: true,
  async run({ testGateway, evidence }) {
    const ids = await testGateway.serverIds();
    const names = ["unwell", ...deadUpstreams];
    const idOf = (name: string): string => ids.get(name) ?? "";
    const [health, ...listings] = await Promise.all([
      readHealth(testGateway, names.map(idOf)),
      ...names.map(async (name) => ({
        name,
        exchange: await rpc(testGateway, { path: testGateway.endpoint(name), method: "tools/list" }),
      })),
    ]);
    const compared = listings.map(({ name, exchange }) => {
      const status = health.statuses.get(idOf(name));
      const isListed = toolNamesIn(exchange).length > 0;
      const text = `${name}: ${status ?? "no status"}, ${isListed ? "listed" : "not listed"}`;
      return { text, agrees: (status === "healthy") === isListed };
    });
    const texts = compared.map(({ text }) => text);
    const wrong = compared.filter(({ agrees }) => !agrees);
    if (wrong.length > 0) {
      throw new CheckFailure({
        summary: "LiteLLM's report of its upstreams' health does not agree with a real listing",
        code: "wrong-health",
        expected: `healthy for an upstream that is listed, and only then, for all ${compared.length}`,
        actual: `a wrong status for ${wrong.length} of them`,
        cause: "LiteLLM's check lists the tools, and treats an empty list as healthy",
        evidence: { ...exchangeEvidence(health.exchange), received: texts.join("\n") },
      });
    }
    evidence.finding(`LiteLLM's report of its upstreams' health agrees with a real listing: ${texts.join("; ")}.`);
  },
});

const serverHealth = z.looseObject({ server_id: z.string(), status: z.string() });

/** 1.106.2 answers with a list; 1.77.1 with a map of every server, whichever are named in the request. */
const healthShape = z.union([z.array(serverHealth), z.looseObject({ servers: z.record(z.string(), serverHealth) })]);

/** LiteLLM's status of each server, by id. 1.77.1 needs a database for the route that reports a single server. */
async function readHealth(
  testGateway: TestGateway,
  ids: readonly string[],
): Promise<{ exchange: Exchange; statuses: ReadonlyMap<string, string> }> {
  const query = ids.map((id) => `server_ids=${id}`).join("&");
  const path = `/v1/mcp/server/health?${query}`;
  const exchange = await testGateway.send({ path, deadline: deadlines.silentUpstream });
  const read = healthShape.safeParse(jsonOf(exchange.response?.body));
  if (read.success) {
    const servers = Array.isArray(read.data) ? read.data : Object.values(read.data.servers);
    return { exchange, statuses: new Map(servers.map(({ server_id, status }) => [server_id, status])) };
  }
  throw new CheckFailure({
    summary: "LiteLLM does not report its upstreams' health",
    code: "no-health",
    expected: "the status of each server at /v1/mcp/server/health",
    actual: statusText(exchange),
    cause: "this version has no such route, or answers in another form",
    evidence: exchangeEvidence(exchange),
  });
}

import { z } from "zod";
import type { TestGateway } from "../../../containers/targets/test-gateway.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { jsonOf } from "../../../helpers/core/text/json.ts";
import { receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { check } from "../../runner/check.ts";
import { dead } from "../support/listing-isolation.ts";
import { rpc } from "../support/rpc.ts";

// A file of its own: 1.77.1 asks all of its upstreams for the health of one, the silent ones too, one after the other.
check({
  id: "CAT-22/health-agrees-with-calls",
  requirements: ["CAT-22"],
  title: "LiteLLM's report of an upstream's health agrees with what a real call finds",
  needs: ["testGateway"],
  async run({ testGateway: trial, evidence }) {
    const ids = await trial.serverIds();
    const names = ["unwell", ...dead];
    const idOf = (name: string): string => ids.get(name) ?? "";
    const [healths, ...listings] = await Promise.all([
      healthOf(trial, names.map(idOf)),
      ...names.map((name) => rpc(trial, { path: trial.endpoint(name), method: "tools/list" })),
    ]);
    const said = names.map((name, index) => {
      const listing = listings[index];
      const tools = listing && resultOf(listing, 1)?.tools;
      const answers = Array.isArray(tools) && tools.length > 0;
      const status = healths.get(idOf(name));
      const text = `${name}: ${status ?? "no word"}, a listing ${answers ? "answers" : "does not"}`;
      return { text, agrees: (status === "healthy") === answers };
    });
    const text = said.map((one) => one.text);
    const wrong = said.filter(({ agrees }) => !agrees);
    if (wrong.length > 0) {
      throw new CheckFailure({
        summary: `LiteLLM's health is wrong about ${wrong.length} of ${said.length} upstreams`,
        evidence: { received: text.join("\n") },
        cause: "its check asks for the tools and takes an empty list for health",
      });
    }
    evidence.finding(`LiteLLM's health of its upstreams agrees with a real listing: ${text.join("; ")}.`);
  },
});

const health = z.looseObject({ server_id: z.string(), status: z.string() });
/** 1.106.2 answers with a list; 1.77.1 with a map, of every server whichever are asked for. */
const answer = z.union([z.array(health), z.looseObject({ servers: z.record(z.string(), health) })]);

/** Server id to LiteLLM's word on it. The route for one server alone needs a database on 1.77.1. */
async function healthOf(trial: TestGateway, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const query = ids.map((id) => `server_ids=${id}`).join("&");
  const asked = await trial.send({ path: `/v1/mcp/server/health?${query}`, deadline: deadlines.silentUpstream });
  const told = answer.safeParse(jsonOf(asked.response?.body));
  if (told.success) {
    const servers = Array.isArray(told.data) ? told.data : Object.values(told.data.servers);
    return new Map(servers.map(({ server_id, status }) => [server_id, status]));
  }
  throw new CheckFailure({
    summary: "LiteLLM says nothing of its upstreams' health",
    evidence: exchangeEvidence(asked),

    cause: "this version has no /v1/mcp/server/health, or answers it in another form",
  });
}

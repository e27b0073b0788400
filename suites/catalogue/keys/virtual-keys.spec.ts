import { z } from "zod";
import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { jsonOf } from "../../../helpers/core/text/json.ts";
import { check } from "../../runner/check.ts";
import { statusText } from "../support/error-answers.ts";
import { catalogueName } from "../support/mcp-client.ts";
import { rpc, toolNamesIn } from "../support/rpc.ts";

check({
  id: "CAT-16/virtual-key-listing",
  requirements: ["CAT-16"],
  title: "a virtual key sees only the servers that it is granted",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const database = await databaseState(gateway);
    if (database !== "connected") {
      evidence.notSupported(
        `this LiteLLM has no database (/health/readiness reports ${database ?? "nothing"}), and so no virtual keys`,
      );
    }
    const server = gateway.policy.upstreams[0]?.name ?? "";
    const key = await virtualKeyFor(gateway, server);
    const exchange = await rpc(gateway, { path: gateway.policy.mcp.endpoint, method: "tools/list", bearer: key });
    const names = toolNamesIn(exchange);
    const others = names.filter((name) => !name.startsWith(catalogueName(server, "")));
    if (names.length > 0 && others.length === 0) return;
    throw new CheckFailure({
      summary: `a virtual key for ${server} does not list exactly its tools`,
      code: names.length === 0 ? "no-tools" : "other-tools",
      expected: `tools of ${server} only`,
      actual: `${names.length} tools, ${others.length} of them another server's`,
      evidence: { ...exchangeEvidence(exchange), received: others.join("\n") },
    });
  },
});

/** What LiteLLM reports about its database, e.g. `connected`. */
async function databaseState(gateway: GatewayTarget): Promise<string | null | undefined> {
  const exchange = await gateway.send({ path: "/health/readiness", bearer: gateway.masterKey });
  const read = z.object({ db: z.string().nullish() }).safeParse(jsonOf(exchange.response?.body));
  if (read.success) return read.data.db;
  throw new CheckFailure({
    summary: "LiteLLM does not report whether it has a database",
    code: "no-readiness",
    expected: "a JSON object with db at /health/readiness",
    actual: statusText(exchange),
    cause: "this version has no /health/readiness, or answers in another form",
    evidence: exchangeEvidence(exchange),
  });
}

/** Creates a key that is granted one server. It expires after ten minutes. */
async function virtualKeyFor(gateway: GatewayTarget, server: string): Promise<string> {
  const exchange = await gateway.send({
    path: "/key/generate",
    method: "POST",
    bearer: gateway.masterKey,
    headers: [["Content-Type", "application/json"]],
    body: JSON.stringify({ duration: "10m", object_permission: { mcp_servers: [server] } }),
  });
  const read = z.object({ key: z.string() }).safeParse(jsonOf(exchange.response?.body));
  if (read.success) return read.data.key;
  throw new CheckFailure({
    summary: `LiteLLM creates no virtual key for ${server}`,
    code: "no-key",
    expected: "a JSON object with the key",
    actual: statusText(exchange),
    cause: "the master key does not administer LiteLLM, or its database cannot be written to",
    evidence: exchangeEvidence(exchange),
  });
}

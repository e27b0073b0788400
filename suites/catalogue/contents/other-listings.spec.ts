import { z } from "zod";
import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { jsonOf } from "../../../helpers/core/text/json.ts";
import { differences } from "../../../helpers/core/text/json-difference.ts";
import { type Exchange, receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import type { Evidence } from "../../runner/evidence.ts";
import { listings } from "../support/listings.ts";

/** A listing as LiteLLM's own routes write it; what else they say is theirs. */
const answer = z.object({
  tools: z.array(z.looseObject({ name: z.string(), description: z.string().nullish(), inputSchema: z.unknown() })),
});

const ways = ["/mcp-rest/tools/list", "/v1/mcp/tools"];

check({
  id: "CAT-05/same-tools-by-every-way",
  requirements: ["CAT-05"],
  title: "every documented listing holds the same tools",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const { offered, direct } = await listings(gateway, evidence);
    const servers = direct.map(({ name }) => name);
    const bare = (name: string): string => unprefixed(name, servers);
    const said = (tools: readonly { name: string; description?: string | null | undefined; inputSchema: unknown }[]) =>
      Object.fromEntries(tools.map(({ name, description, inputSchema }) => [bare(name), { description, inputSchema }]));
    for (const { way, exchange, tools } of await others(gateway, evidence)) {
      const different = differences(said(offered), said(tools));
      const uneven = tools.length !== offered.length;
      if (different.length === 0 && !uneven) continue;
      throw new CheckFailure({
        summary: `${way} has ${tools.length} tools where tools/list has ${offered.length}, and differs`,
        evidence: { ...exchangeEvidence(exchange), received: different.join("\n") },

        cause: "LiteLLM makes the two listings in two places",
      });
    }
  },
});

check({
  id: "CAT-05/same-names-by-every-way",
  requirements: ["CAT-05"],
  title: "a tool has the same name in every documented listing",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const { offered } = await listings(gateway, evidence);
    const names = offered.map(({ name }) => name).sort();
    for (const { way, exchange, tools } of await others(gateway, evidence)) {
      const different = differences(names, tools.map(({ name }) => name).sort());
      if (different.length === 0) continue;
      throw new CheckFailure({
        summary: `${way} names tools otherwise than tools/list`,
        evidence: { ...exchangeEvidence(exchange), received: different.join("\n") },

        cause: "the server's prefix is left out there: a name taken from one listing is not to be called by the other",
      });
    }
  },
});

interface OtherListing {
  way: string;
  exchange: Exchange;
  tools: readonly { name: string; description?: string | null | undefined; inputSchema: unknown }[];
}

let shared: Promise<readonly OtherListing[]> | undefined;

function others(gateway: GatewayTarget, evidence: Evidence): Promise<readonly OtherListing[]> {
  shared ??= Promise.all(ways.map((way) => listBy(gateway, evidence, way)));
  return shared;
}

async function listBy(gateway: GatewayTarget, evidence: Evidence, way: string): Promise<OtherListing> {
  const exchange = await gateway.send({ path: way, bearer: gateway.masterKey, deadline: deadlines.mcpRequest });
  const read = answer.safeParse(jsonOf(exchange.response?.body));
  await evidence.keep(`${way.replaceAll("/", "-").slice(1)}.json`, exchange.response?.body ?? "");
  if (read.success && read.data.tools.length > 0) return { way, exchange, tools: read.data.tools };
  throw new CheckFailure({
    summary: `${way} gives no tools`,
    evidence: exchangeEvidence(exchange),

    cause: "the route answers otherwise on this version, or its catalogue is empty",
  });
}

function unprefixed(name: string, servers: readonly string[]): string {
  const server = servers.find((one) => name.startsWith(`${one}-`));
  return server === undefined ? name : name.slice(server.length + 1);
}

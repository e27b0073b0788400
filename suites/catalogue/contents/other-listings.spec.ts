import { z } from "zod";
import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { jsonOf } from "../../../helpers/core/text/json.ts";
import { differences } from "../../../helpers/core/text/json-difference.ts";
import { keyLine } from "../../../helpers/deployment/litellm/blame.ts";
import { runUpstreams } from "../../../helpers/deployment/services/run-upstreams.ts";
import type { SourceLocation } from "../../../helpers/deployment/types.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import type { Evidence } from "../../runner/evidence.ts";
import { expectAnyServer } from "../../support/any-server.ts";
import { followsCatalogue } from "../../support/needed-checks.ts";
import { statusText } from "../support/error-answers.ts";
import { listPatiently, offeredTools } from "../support/listings.ts";
import { type CatalogueOwner, catalogueName } from "../support/mcp-client.ts";

/** LiteLLM's own routes that list tools, in addition to MCP. */
const routes = ["/mcp-rest/tools/list", "/v1/mcp/tools"];

/** The part of such a listing that is compared; LiteLLM adds fields of its own. */
const listingShape = z.object({
  tools: z.array(z.looseObject({ name: z.string(), description: z.string().nullish(), inputSchema: z.unknown() })),
});

type ListedTools = readonly { name: string; description?: string | null | undefined; inputSchema: unknown }[];

/** The tools of one of LiteLLM's own routes. */
interface OtherListing {
  route: string;
  exchange: Exchange;
  tools: ListedTools;
}

check({
  id: "CAT-05/same-tools-by-every-way",
  requirements: ["CAT-05"],
  title: "every documented listing holds the same tools",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const offered = await offeredTools(gateway);
    const servers = runUpstreams(gateway.deployment).map(({ name }) => name);
    for (const { route, exchange, tools } of await otherListings(gateway, evidence)) {
      const [wanted, listed] = [byBareName(gateway, offered, servers), byBareName(gateway, tools, servers)];
      for (const { name } of offered) {
        const isListed = tools.some((tool) => tool.name === name || name.endsWith(tool.name));
        const found = isListed ? "listed" : "not listed";
        evidence.compare("catalogue", { row: name, column: route, expected: "listed", found, holds: isListed });
      }
      const different = differences(wanted, listed);
      if (different.length === 0 && tools.length === offered.length) continue;
      throw new CheckFailure({
        summary: `${route} lists other tools than tools/list`,
        code: "other-tools",
        expected: `the ${offered.length} tools of tools/list`,
        actual: `${tools.length} tools${tools.length === offered.length ? ", some of them different" : ""}`,
        cause: "LiteLLM builds the two listings in two places",
        location: versionLine(gateway),
        evidence: { ...exchangeEvidence(exchange), received: different.join("\n") },
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
    const offered = await offeredTools(gateway);
    const names = offered.map(({ name }) => name).sort();
    for (const { route, exchange, tools } of await otherListings(gateway, evidence)) {
      const found = tools.map(({ name }) => name).sort();
      const different = differences(names, found);
      if (different.length === 0) continue;
      const prefixed = found.map((name) =>
        names.find((one) => one.endsWith(`${gateway.deployment.litellmConfig.separator}${name}`)),
      );
      const isPrefixMissing = found.length === names.length && prefixed.every((name) => name !== undefined);
      throw new CheckFailure({
        summary: `${route} names tools differently from tools/list`,
        code: isPrefixMissing ? "prefix-missing" : "other-names",
        expected: (isPrefixMissing ? prefixed[0] : undefined) ?? `the ${names.length} names of tools/list`,
        actual: (isPrefixMissing ? found[0] : undefined) ?? `${found.length} names, some of them different`,
        cause: "LiteLLM omits the server's prefix there: a name from this listing cannot be called through MCP",
        location: versionLine(gateway),
        evidence: { ...exchangeEvidence(exchange), received: different.join("\n") },
      });
    }
  },
});

/** What the version alone decides has the line of LiteLLM's image. */
function versionLine({ deployment: { litellm } }: GatewayTarget): SourceLocation {
  return (litellm.image ?? litellm).location;
}

async function otherListings(gateway: GatewayTarget, evidence: Evidence): Promise<readonly OtherListing[]> {
  expectAnyServer(gateway);
  return gateway.once.do("tools of LiteLLM's own routes", () =>
    Promise.all(routes.map((route) => listAt(gateway, evidence, route))),
  );
}

async function listAt(gateway: GatewayTarget, evidence: Evidence, route: string): Promise<OtherListing> {
  const exchange = await listPatiently(() =>
    gateway.send({ path: route, bearer: gateway.masterKey, deadline: deadlines.mcpRequest }),
  );
  const read = listingShape.safeParse(jsonOf(exchange.response?.body));
  await evidence.keep(`${route.replaceAll("/", "-").slice(1)}.json`, exchange.response?.body ?? "");
  if (read.success && read.data.tools.length > 0) return { route, exchange, tools: read.data.tools };
  throw new CheckFailure({
    summary: `${route} lists no tools`,
    code: "no-tools",
    expected: "a JSON object with at least one tool",
    actual: read.success ? "0 tools" : `${statusText(exchange)} without a list of tools`,
    cause: "the route answers in another form on this version, or its catalogue is empty",
    ...(read.success ? followsCatalogue : {}),
    ...(exchange.response?.status === 401 || exchange.response?.status === 403
      ? keyLine(gateway.deployment, gateway.masterKey)
      : {}),
    evidence: exchangeEvidence(exchange),
  });
}

/** What must be the same in both listings, by the tool's name without its server's prefix. */
function byBareName(owner: CatalogueOwner, tools: ListedTools, servers: readonly string[]): Record<string, unknown> {
  const bareName = (name: string): string => {
    const prefix = servers.map((server) => catalogueName(owner, server, "")).find((one) => name.startsWith(one)) ?? "";
    return name.slice(prefix.length);
  };
  return Object.fromEntries(
    tools.map(({ name, description, inputSchema }) => [bareName(name), { description, inputSchema }]),
  );
}

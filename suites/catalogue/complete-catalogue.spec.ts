import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import type { Gateway } from "../../containers/gateway.ts";
import { CheckFailure } from "../../helpers/check-failure.ts";
import type { UpstreamConfig } from "../../helpers/deployment/types.ts";
import { listTools } from "../../helpers/wire/mcp.ts";
import { conformance } from "../conformance.ts";

conformance(
  ["CAT-02"],
  "the catalogue holds exactly the tools that the upstreams offer when asked directly, each with its server's prefix",
  async ({ gateway, evidence }) => {
    const listing = async (): Promise<Tool[]> => {
      const client = await gateway.mcp();
      try {
        return await evidence.phase("floor: first tools/list", () => listTools(client));
      } finally {
        await client.close();
      }
    };
    const upstreams = gateway.deployment.litellmConfig.upstreams;
    if (upstreams.length === 0) throw new CheckFailure({ what: "LiteLLM's config registers no upstream" });
    const direct = upstreams.map(async (upstream) => ({
      name: upstream.name,
      place: upstream.place,
      tools: await askedDirectly(gateway, upstream),
    }));
    const [offered, ...asked] = await Promise.all([listing(), ...direct]);

    for (const { name, place, tools } of asked) {
      const meant = gateway.policy.upstreams.find((one) => one.name === name)?.tools ?? [];
      const missing = meant.filter((tool) => !tools.some((one) => one.name === tool));
      if (missing.length === 0 && tools.length > 0) continue;
      throw new CheckFailure({
        what: `the upstream ${name}, asked directly, does not offer what the policy demands`,
        received: `${tools.length} tools; missing: ${missing.join(", ") || "all of them"}`,
        likelyCause: "another version of the upstream than the policy was written for",
        place,
      });
    }

    const expected = asked.flatMap(({ name, tools }) => tools.map((tool) => `${name}-${tool.name}`)).sort();
    const found = offered.map(({ name }) => name).sort();
    const missing = expected.filter((name) => !found.includes(name));
    const extra = found.filter((name) => !expected.includes(name));
    const twice = found.filter((name, index) => found.indexOf(name) !== index);
    await evidence.keep(
      "catalogue.json",
      JSON.stringify(
        { throughGateway: offered, direct: Object.fromEntries(asked.map(({ name, tools }) => [name, tools])) },
        null,
        2,
      ),
    );
    if (missing.length + extra.length + twice.length > 0) {
      const silent = asked.filter(({ name }) => !found.some((tool) => tool.startsWith(`${name}-`)));
      throw new CheckFailure({
        what: `the catalogue has ${found.length} tools where the upstreams offer ${expected.length}`,
        sent: `tools/list at ${gateway.url(gateway.policy.mcp.endpoint)}`,
        received: [
          ...missing.map((name) => `- ${name} (missing)`),
          ...extra.map((name) => `+ ${name} (not an upstream's)`),
          ...twice.map((name) => `! ${name} (twice)`),
        ].join("\n"),
        likelyCause: await whyMissing(
          gateway,
          silent.map(({ name }) => name),
        ),
        ...(silent[0] === undefined ? {} : { place: silent[0].place }),
      });
    }
    const counts = asked.map(({ name, tools }) => `${tools.length} of ${name}`).join(", ");
    evidence.finding(`The catalogue holds ${found.length} tools, exactly those that the upstreams offer: ${counts}.`);
  },
);

async function askedDirectly(gateway: Gateway, upstream: UpstreamConfig): Promise<Tool[]> {
  try {
    const client = await gateway.upstream(upstream);
    try {
      return await listTools(client);
    } finally {
      await client.close();
    }
  } catch (error) {
    throw new CheckFailure({
      what: `the upstream ${upstream.name} does not answer even when it is asked directly`,
      received: (error as Error).message,
      likelyCause: "its command, arguments or environment in LiteLLM's config: the gateway is not the fault",
      place: upstream.place,
    });
  }
}

/** What LiteLLM's own log says about upstreams whose tools are all gone: behind an empty list with status 200 nothing else does. */
async function whyMissing(gateway: { log(part: string): Promise<string> }, silent: readonly string[]): Promise<string> {
  if (silent.length === 0) return "LiteLLM drops or renames single tools";
  const log = await gateway.log("litellm");
  const causes: readonly (readonly [RegExp, string])[] = [
    [/LITELLM_ENABLE_MCP_STDIO/, "this LiteLLM starts no stdio server unless LITELLM_ENABLE_MCP_STDIO=true"],
    [
      /STDIO_EXTRA_COMMANDS|command .* not (?:in the )?allow/i,
      "the command is not among LITELLM_MCP_STDIO_EXTRA_COMMANDS",
    ],
    [
      /No such file or directory|ENOENT|FileNotFoundError/,
      "the upstream's command is not installed where LiteLLM runs",
    ],
    [/inputSchema|validation error/i, "LiteLLM rejected the schema of one of its tools and dropped them all"],
  ];
  const cause =
    causes.find(([pattern]) => pattern.test(log))?.[1] ?? "LiteLLM could not start it or it did not answer in time";
  const lines = log
    .split("\n")
    .filter((line) => silent.some((name) => line.includes(name)) && /error|fail|warn/i.test(line));
  return [`no tool of ${silent.join(" and ")}: ${cause}`, ...lines.slice(-5)].join("\n");
}

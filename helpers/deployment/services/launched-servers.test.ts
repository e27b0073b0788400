import { expect, test } from "vitest";
import { readFacts } from "../facts.ts";
import { smallDeployment } from "../infer/small-deployment.ts";
import { launchedServers } from "./launched-servers.ts";

/** What each launcher fetches, with its own arguments, and what starts it. */
function launchedBy(service: string, files: Readonly<Record<string, string>> = {}): string[] {
  using deployment = smallDeployment({ ...files, "compose.yaml": `services:\n  tools: { ${service} }\n` });
  const tools = readFacts(deployment.folder).compose?.services.get("tools");
  if (tools === undefined) throw new Error("no service");
  return launchedServers(tools).map(
    ({ launcher, command }) => `${launcher.name} ${launcher.arguments.join(" ")}: ${command}`,
  );
}

test.for<[string, string, string[]]>([
  [
    "the command itself",
    'image: node:24, command: npx -y "@scope/files@1.2.3" /data',
    ["npx -y @scope/files@1.2.3: files"],
  ],
  [
    "the command that supergateway starts, in one text",
    'image: supercorp/supergateway, command: ["--stdio", "npx -y @scope/files /data", "--port", "8000"]',
    ["npx -y @scope/files: files"],
  ],
  [
    "a fetched gateway, and what it fetches in turn",
    'image: node:24, command: ["npx", "-y", "supergateway", "--stdio", "uvx --from mcp-notes notes serve"]',
    ["npx -y supergateway: supergateway", "uvx --from mcp-notes notes: notes"],
  ],
  [
    "commands of a shell",
    'image: node:24, entrypoint: [sh, -c, "cd /data && exec npx -y time-mcp; npx -y time-mcp"]',
    ["npx -y time-mcp: time-mcp"],
  ],
  [
    "words after two dashes",
    "image: mcp-proxy, command: mcp-proxy --port=1 -- uvx mcp-server-fetch",
    ["uvx mcp-server-fetch: mcp-server-fetch"],
  ],
  ["nothing where the image has the server", 'image: tools, command: ["tools", "--stdio", "files /data"]', []],
])("fetched at a service's start: %s", ([_, service, found]) => {
  expect(launchedBy(service)).toEqual(found);
});

test("fetched at a service's start: the servers of a config that its command names", () => {
  const config = {
    mcpServers: {
      fetch: { command: "uvx", args: ["mcp-server-fetch"] },
      time: { command: "/usr/bin/npx", args: ["-y", "time-mcp"] },
      own: { command: "/app/server" },
      box: { command: "docker", args: ["run", "-i", "mcp/time"] },
    },
  };
  const service = "image: proxy, volumes: [./s.json:/config/s.json:ro], command: --named-server-config=/config/s.json";
  expect(launchedBy(service, { "s.json": JSON.stringify(config) })).toEqual([
    "uvx mcp-server-fetch: mcp-server-fetch",
    "npx -y time-mcp: time-mcp",
  ]);
  expect(launchedBy(service, { "s.json": "{" })).toEqual([]);
});

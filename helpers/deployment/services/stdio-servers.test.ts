import { expect, test } from "vitest";
import type { Deployment } from "../types.ts";
import { type StdioServer, stdioServers } from "./stdio-servers.ts";

/** The server of a command that nothing but its name describes. */
function serverOf(command: string, version?: string): StdioServer | undefined {
  const policy = version === undefined ? [] : [{ name: "files", version }];
  const [planned] = stdioServers({
    policy: { upstreams: policy },
    litellm: { environment: new Map() },
    litellmConfig: { upstreams: [{ name: "files", transport: "stdio", command, args: [] }] },
  } as unknown as Deployment);
  return planned?.server;
}

const files = { ecosystem: "npm", name: "@modelcontextprotocol/server-filesystem" } as const;

test.for<[string, string | undefined, Partial<StdioServer>]>([
  ["mcp-server-filesystem", "2025.8.21", { packages: [{ ...files, version: "2025.8.21" }] }],
  // A server that the policy does not name: the checks say so, and the run takes the version of the suite's own lock.
  ["mcp-server-filesystem", undefined, { packages: undefined }],
  [
    "mcp-server-filesyste",
    "2025.8.21",
    { command: "mcp-server-filesystem", packages: [{ ...files, version: "2025.8.21" }] },
  ],
  ["own-server", "1.0", { command: "own-server", version: "1.0", packages: undefined }],
])("the command %s in version %s", ([command, version, expected]) => {
  expect(serverOf(command, version)).toMatchObject(expected);
});

#!/usr/bin/env node
// Checks whether this machine reaches a LiteLLM gateway on its LAN: one line per check, with a fix for each failure. It
// needs only Node 20, sends only requests that read, and stores nothing.
import { parseArgs } from "node:util";
import { checkGateway } from "./checks.mjs";

const keyVariable = "LITELLM_KEY";

const usage = `npm run lan-check -- --host NAME [--port 80] [--direct-port 4000] [--public /ui/,/docs] [--mcp /mcp/]

  --host         the gateway's name on the LAN, e.g. litellm.linuxserver.lan
  --port         Traefik's port (80)
  --direct-port  LiteLLM's own port, without Traefik (4000); 'none' if it is not published
  --public       paths that need no key
  --mcp          the MCP endpoint (/mcp/)
  ${keyVariable}    environment variable: a key for the checks that need one; it is sent to the gateway and not shown

exit code: 0 every check passed, 1 a check failed, 2 the arguments are wrong, 3 no check failed, but some were not run`;

const wanted = readArguments();
if (typeof wanted === "string") {
  console.error(`${wanted}\n\n${usage}`);
  process.exitCode = 2;
} else if (wanted === undefined) {
  console.log(usage);
} else {
  const marks = { ok: "✓", failed: "✗", "not-run": "–" };
  let failed = 0;
  let notRun = 0;
  for await (const { outcome, name, found, fix } of checkGateway(wanted)) {
    if (outcome === "failed") failed += 1;
    if (outcome === "not-run") notRun += 1;
    console.log(`${marks[outcome]} ${name.padEnd(14)} ${found}${fix === undefined ? "" : `; ${fix}`}`);
  }
  process.exitCode = failed > 0 ? 1 : notRun > 0 ? 3 : 0;
}

/**
 * @returns {import("./checks.mjs").Wanted | string | undefined} what to check; an error message; or undefined for
 * --help
 */
function readArguments() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        host: { type: "string" },
        port: { type: "string", default: "80" },
        "direct-port": { type: "string", default: "4000" },
        public: { type: "string", default: "/ui/,/docs,/swagger,/openapi.json" },
        mcp: { type: "string", default: "/mcp/" },
        help: { type: "boolean", default: false },
      },
    }));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  if (values.help) return undefined;
  const { host, port, "direct-port": direct, public: open, mcp } = values;
  if (host === undefined) return "--host is missing: the gateway's name on the LAN";
  if (!/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i.test(host))
    return `--host '${host}' is not a host name: give it without scheme, port and path`;
  for (const [option, value] of [
    ["--port", port],
    ["--direct-port", direct],
  ]) {
    const isNone = option === "--direct-port" && value === "none";
    if (!isNone && !(/^\d+$/.test(value ?? "") && Number(value) > 0 && Number(value) < 65536))
      return `${option} '${value}' is not a port`;
  }
  const publicPaths = open.split(",").filter(Boolean);
  const bad = [...publicPaths, mcp].find((path) => !path.startsWith("/"));
  if (bad !== undefined) return `'${bad}' is not a path: it must begin with '/'`;
  const key = process.env[keyVariable];
  return {
    host,
    port: Number(port),
    directPort: direct === "none" ? undefined : Number(direct),
    publicPaths,
    mcp,
    key: key === "" ? undefined : key,
    keyVariable,
  };
}

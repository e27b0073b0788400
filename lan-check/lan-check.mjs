#!/usr/bin/env node
// Whether this machine reaches a LiteLLM gateway on its LAN, one line a check, with what to do about what fails. It needs
// Node 20 and nothing else, reads only, and keeps nothing.
import { parseArgs } from "node:util";
import { checkGateway } from "./checks.mjs";

const keyVariable = "LITELLM_KEY";

const usage = `npm run lan-check -- --host NAME [--port 80] [--direct-port 4000] [--public /ui/,/docs] [--mcp /mcp/]

  --host         the gateway's name on the LAN, e.g. litellm.linuxserver.lan
  --port         where Traefik listens (80)
  --direct-port  where LiteLLM listens past Traefik (4000); 'none' where it is not published
  --public       paths that are open to anyone
  --mcp          the MCP endpoint (/mcp/)
  ${keyVariable}    environment: a key, for the checks that need one; it is sent to the gateway and shown nowhere

exit code: 0 all holds, 1 something does not, 2 the arguments are wrong, 3 what was tried holds, but something was not tried`;

const wanted = readArguments();
if (typeof wanted === "string") {
  console.error(`${wanted}\n\n${usage}`);
  process.exitCode = 2;
} else if (wanted === undefined) {
  console.log(usage);
} else {
  const marks = { ok: "✓", failed: "✗", untried: "–" };
  let failed = 0;
  let untried = 0;
  for await (const { outcome, name, found, todo } of checkGateway(wanted)) {
    if (outcome === "failed") failed += 1;
    if (outcome === "untried") untried += 1;
    console.log(`${marks[outcome]} ${name.padEnd(14)} ${found}${todo === undefined ? "" : `; ${todo}`}`);
  }
  process.exitCode = failed > 0 ? 1 : untried > 0 ? 3 : 0;
}

/** @returns {import("./checks.mjs").Wanted | string | undefined} what to check; a text that says what is wrong; undefined for --help */
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
    return `--host '${host}' is no name: no scheme, no port, no path`;
  for (const [option, value] of [
    ["--port", port],
    ["--direct-port", direct],
  ]) {
    const isNone = option === "--direct-port" && value === "none";
    if (!isNone && !(/^\d+$/.test(value ?? "") && Number(value) > 0 && Number(value) < 65536))
      return `${option} '${value}' is no port`;
  }
  const publicPaths = open.split(",").filter(Boolean);
  const bad = [...publicPaths, mcp].find((path) => !path.startsWith("/"));
  if (bad !== undefined) return `'${bad}' is no path: it begins with '/'`;
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

import type { Deployment } from "../../helpers/deployment/types.ts";
import { behaviours } from "../images/contexts/hostile-upstream/behaviours.ts";
import { upstreamDatabases, urlInRig } from "../parts/databases/database-servers.ts";
import type { ExtraServers } from "../parts/deployment/extra-servers.ts";

/**
 * server-everything: its name in LiteLLM's config, its alias on the test gateway's network, and its port. A deployment may
 * have an `everything` of its own.
 */
export const everything = { name: "suite_everything", host: "suite-everything", port: 3001 } as const;

/** Where the hostile upstream listens. */
export const hostile = { host: "hostile", port: 8080 } as const;

/** The password in the wrong DSN. It is not a secret of the deployment. */
export const wrongPassword = "not-the-password";

/**
 * Python's `sitecustomize` hook, which shortens a time-out: postgres-mcp asks its pool for a connection three times before
 * it reports that it has none, and psycopg_pool waits 30 s each time, which no setting of either shortens. The final error
 * message is the same.
 */
export const shortPoolTimeout = {
  directory: "/conformance/short-pool-timeout",
  file: "sitecustomize.py",
  content: [
    "try:",
    "    from psycopg_pool import AsyncConnectionPool",
    "except ImportError:",
    "    pass",
    "else:",
    '    AsyncConnectionPool.__init__.__kwdefaults__["timeout"] = 1.0',
    "",
  ].join("\n"),
} as const;

/** server-everything over streamable HTTP: another transport than stdio, with resources and prompts in addition to tools. */
export const referenceServers: ExtraServers = {
  [everything.name]: { transport: "http", url: `http://${everything.host}:${everything.port}/mcp` },
};

/** One behaviour of the hostile upstream under two names: with an alias and an allowlist, and with a denylist. */
export const filteredServers: ExtraServers = Object.fromEntries(
  Object.entries({
    picked: { alias: "chosen", allowed_tools: ["answer"] },
    trimmed: { disallowed_tools: ["huge"] },
  }).map(([name, settings]) => [
    name,
    { transport: "http", url: `http://${hostile.host}:${hostile.port}/unwell`, ...settings },
  ]),
);

/** A command that no image has. */
export const missingCommand = "no-such-command";

/** The suite's own test upstreams: {@link referenceServers}, {@link filteredServers}, and upstreams that each fail in a different way. */
export function testServers(deployment: Deployment): ExtraServers {
  const http = (path: string, port: number = hostile.port): Readonly<Record<string, unknown>> => ({
    transport: "http",
    url: `http://${hostile.host}:${port}/${path}`,
  });
  return {
    ...referenceServers,
    ...filteredServers,
    ...Object.fromEntries(Object.keys(behaviours).map((name) => [name, http(name)])),
    // The well-behaved one, which has what the official conformance suite asks for.
    official: http("official"),
    // The discard port, on which nothing listens.
    dead: http("dead", 9),
    missing: { transport: "stdio", command: missingCommand, args: [] },
    ...wrongDsn(deployment),
  };
}

/** The deployment's own database upstream, with a wrong password. */
function wrongDsn(deployment: Deployment): ExtraServers {
  const [database] = upstreamDatabases(deployment);
  const upstream = deployment.litellmConfig.upstreams.find((one) => one.name === database?.upstream);
  if (upstream?.transport !== "stdio" || database === undefined) return {};
  const wrong = urlInRig(database.url, database.host);
  wrong.password = wrongPassword;
  const { transport, command, args } = upstream;
  const env = Object.fromEntries(
    [...upstream.env].map(([key, value]) => [key, value === database.text ? wrong.href : value]),
  );
  return { wrong_dsn: { transport, command, args, env: { ...env, PYTHONPATH: shortPoolTimeout.directory } } };
}

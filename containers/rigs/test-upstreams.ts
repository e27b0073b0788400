import type { Deployment } from "../../helpers/deployment/types.ts";
import { behaviours } from "../images/contexts/hostile-upstream/behaviours.ts";
import type { ExtraServers } from "../parts/litellm.ts";

/** Where server-everything listens, by its alias on the trial's network. */
export const everything = { host: "everything", port: 3001 } as const;

/** Where the hostile upstream listens. */
export const hostile = { host: "hostile", port: 8080 } as const;

/** What stands in the wrong DSN for the password; no secret, and none of the deployment's. */
export const wrongPassword = "not-the-password";

/**
 * Python's own hook for a site: postgres-mcp asks its pool for a connection three times before it owns that there is none,
 * and psycopg_pool waits 30 s each time, which no setting of either shortens. What is said in the end is the same.
 */
export const shortWaits = {
  directory: "/conformance/short-waits",
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

/** server-everything over streamable HTTP: another transport than stdio, and more than tools. */
export const soundServers: ExtraServers = {
  everything: { transport: "http", url: `http://${everything.host}:${everything.port}/mcp` },
};

/** Upstreams that no operator has, each sick in a way of its own; beside them {@link soundServers}. */
export function testServers(deployment: Deployment): ExtraServers {
  const http = (path: string, port: number = hostile.port): Readonly<Record<string, unknown>> => ({
    transport: "http",
    url: `http://${hostile.host}:${port}/${path}`,
  });
  return {
    ...soundServers,
    ...Object.fromEntries(Object.keys(behaviours).map((name) => [name, http(name)])),
    // The discard port: nothing listens there.
    dead: http("dead", 9),
    missing: { transport: "stdio", command: "no-such-command", args: [] },
    ...wrongDsn(deployment),
  };
}

/** The deployment's own database upstream, with a password that its database does not know. */
function wrongDsn({ policy, litellmConfig, variables }: Deployment): ExtraServers {
  const { name, database } = policy.upstreams.find((upstream) => upstream.database !== undefined) ?? {};
  const upstream = litellmConfig.upstreams.find((one) => one.name === name);
  const dsn = database && variables.get(database.variable)?.value;
  if (upstream?.transport !== "stdio" || dsn === undefined) return {};
  const wrong = new URL(dsn);
  wrong.password = wrongPassword;
  const { transport, command, args } = upstream;
  const env = Object.fromEntries([...upstream.env].map(([key, value]) => [key, value === dsn ? wrong.href : value]));
  return { wrong_dsn: { transport, command, args, env: { ...env, PYTHONPATH: shortWaits.directory } } };
}

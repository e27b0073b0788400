import type { Deployment } from "../helpers/deployment/types.ts";
import { behaviours } from "./images/hostile-upstream/behaviours.ts";
import type { ExtraServers } from "./litellm.ts";

/** Where server-everything listens, by its alias on the trial's network. */
export const everything = { host: "everything", port: 3001 } as const;

/** Where the hostile upstream listens. */
export const hostile = { host: "hostile", port: 8080 } as const;

/** What stands in the wrong DSN for the password; no secret, and none of the deployment's. */
export const wrongPassword = "not-the-password";

/** server-everything over streamable HTTP: another transport than stdio, and more than tools. */
export const soundServers: ExtraServers = {
  everything: { transport: "http", url: `http://${everything.host}:${everything.port}/mcp` },
};

/** Upstreams that no operator has, each sick in a way of its own; beside them {@link soundServers}. */
export function trialServers(deployment: Deployment): ExtraServers {
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
  const { transport, command, args, env } = upstream;
  return {
    wrong_dsn: {
      transport,
      command,
      args,
      env: Object.fromEntries([...env].map(([key, value]) => [key, value === dsn ? wrong.href : value])),
    },
  };
}

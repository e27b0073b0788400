import { basename } from "node:path";
import { stringify } from "yaml";
import { packageText } from "../../helpers/deployment/services/package-spec.ts";
import type { Candidate } from "../candidate/types.ts";
import { lockFile } from "../lock/lock.ts";
import type { Catalogue } from "../observe/observations.ts";

/** What is added to the deployment for a candidate that is accepted, as texts to copy. */
export function toGoLive(candidate: Candidate, catalogue: Catalogue): { where: string; text: string }[] {
  const names = catalogue.tools.map(({ name }) => name);
  return [
    {
      where: "LiteLLM's config, or POST /v1/mcp/server",
      text: stringify({ mcp_servers: serverEntry(candidate) }, { version: "1.1" }),
    },
    {
      where: "policy.yaml, with the lock file that --approve writes next to it",
      text: stringify({ upstreams: [{ ...policyEntry(candidate, names), lock: basename(lockFile(candidate)) }] }),
    },
    {
      where: "the grant of each key or team that may use it (POST /key/update, POST /team/update)",
      text: stringify({ object_permission: { mcp_servers: [candidate.name] } }),
    },
  ];
}

function serverEntry({ name, server, environment, secrets }: Candidate): object {
  const { listens } = server;
  if (listens !== undefined) {
    const auth =
      listens.token === undefined ? {} : { auth_type: "bearer_token", auth_value: `os.environ/${listens.token}` };
    return {
      [name]: { transport: "http", url: `http://${name.replaceAll("_", "-")}:${listens.port}${listens.path}`, ...auth },
    };
  }
  const named = new Set(secrets.map((secret) => secret.name));
  // LiteLLM replaces whole values only: one that contains a secret becomes a variable of its own.
  const env = Object.fromEntries(
    [...environment].map(([key, value]) => [
      key,
      [...value.matchAll(/\$\{(\w+)\}/g)].some(([, secret = ""]) => named.has(secret)) ? `os.environ/${key}` : value,
    ]),
  );
  const [command, ...args] =
    server.from === "packages" ? [server.command, ...server.args] : ["docker", "run", "-i", "--rm", server.image];
  return { [name]: { transport: "stdio", command, args, ...(Object.keys(env).length > 0 ? { env } : {}) } };
}

function policyEntry({ name, server }: Candidate, tools: readonly string[]): object {
  if (server.from === "image") return { name, tools };
  const [first] = server.packages;
  if (first === undefined) return { name, tools };
  return { name, version: first.version, package: `${first.ecosystem}:${packageText(first)}`, tools };
}

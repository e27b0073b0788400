import { basename } from "node:path";
import { stringify } from "yaml";
import { packageText } from "../../helpers/deployment/services/package-spec.ts";
import { serverEntry, stdioSwitches } from "../candidate/server-entry.ts";
import type { Candidate } from "../candidate/types.ts";
import { lockFile } from "../lock/lock.ts";
import type { Catalogue } from "../observe/observations.ts";

/**
 * What is added to the deployment for a candidate that is accepted, as texts to copy.
 *
 * @param environment LiteLLM's environment in the deployment
 */
export function toGoLive(
  candidate: Candidate,
  catalogue: Catalogue,
  environment: Readonly<Record<string, string | undefined>>,
): { where: string; text: string }[] {
  const { server } = candidate;
  const names = catalogue.tools.map(({ name }) => name);
  const switches = Object.entries(stdioSwitches(environment, candidate)).filter(
    ([name, value]) => environment[name] !== value,
  );
  return [
    {
      where: "LiteLLM's config, or POST /v1/mcp/server",
      text: stringify({ mcp_servers: { [candidate.name]: serverEntry(candidate) } }, { version: "1.1" }),
    },
    ...(switches.length === 0
      ? []
      : [
          {
            where: "LiteLLM's environment, without which 1.106.2 does not start its command",
            text: stringify(Object.fromEntries(switches), { version: "1.1" }),
          },
        ]),
    ...(switches.length === 0 || server.from === "image" || server.debian.length === 0
      ? []
      : [
          {
            where: "LiteLLM's image, which needs these packages for its command",
            text: `apt-get install -y ${server.debian.join(" ")}\n`,
          },
        ]),
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

function policyEntry({ name, server }: Candidate, tools: readonly string[]): object {
  if (server.from === "image") return { name, tools };
  const [first] = server.packages;
  if (first === undefined) return { name, tools };
  return { name, version: first.version, package: `${first.ecosystem}:${packageText(first)}`, tools };
}

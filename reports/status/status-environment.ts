import { noConfigFile } from "../../helpers/deployment/outline.ts";
import { byImportance } from "../../helpers/deployment/source/note-list.ts";
import type { ConformanceReport } from "../model/conformance-report.ts";

type Upstream = ConformanceReport["deployment"]["upstreams"][number];

/** What was tested, and what the run changed in its copy; folded, as nobody needs it first. */
export function environment({ deployment, engine, parts, changes }: ConformanceReport): string[] {
  const one = parts.filter((part, index) => parts.findIndex(({ name }) => name === part.name) === index);
  const notes = byImportance(deployment.notes).map(
    ({ kind, file, line, what, why, fix }) =>
      `- ${kind.replace("-", " ")}: ${what} (${why}), \`${file}${line === undefined ? "" : `:${line}`}\`${fix === undefined ? "" : `; ${fix}`}`,
  );
  return [
    ...(notes.length === 0 ? [] : ["## Notes on the deployment's files", "", ...notes, ""]),
    "<details><summary>What was tested</summary>",
    "",
    `- **Deployment**: \`${deployment.folder}\` (${shortDigest(deployment.digest)}); ${changes.length} changes in the copy that was started, listed on the [first page](index.html#notes)`,
    ...deployment.hosts.map(
      ({ url, zone }) => `- **${zone === "internal" ? "Internal" : "External"} host**: \`${url}\``,
    ),
    `- **Config**: ${configText(deployment)}`,
    `- **Secrets**: \`${deployment.secrets.file}\` provides ${deployment.secrets.names.map((name) => `\`${name}\``).join(", ")}; each was replaced by a canary of this run`,
    ...deployment.clients.map(
      ({ name, config, addresses }) =>
        `- **Client ${name}**: \`${config}\`${addresses.length === 0 ? "" : ` → ${addresses.map((at) => `\`${at}\``).join(", ")}`}`,
    ),
    `- **Engine**: Docker ${engine.version}`,
    `- **Parts**: ${one.map(({ name, version, origin, digest }) => `${name} ${version} (${origin}, ${shortDigest(digest)})`).join(", ")}`,
    "",
    "</details>",
    "",
  ];
}

function configText({ config, upstreams }: ConformanceReport["deployment"]): string {
  if (config.startsWith(noConfigFile)) return config;
  const servers = upstreams.map(upstreamText).join(", ");
  return `\`${config}\` registers ${servers === "" ? "no MCP server" : `the upstream MCP servers ${servers}`}`;
}

function upstreamText({ name, transport, source, version }: Upstream): string {
  return `${name} (${transport}, \`${source}\`${version === null ? "" : ` ${version}`})`;
}

function shortDigest(digest: string): string {
  return digest.replace(/^(.*sha256:[0-9a-f]{12}).*$/, "$1");
}

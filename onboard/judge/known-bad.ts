import { satisfies, valid } from "semver";
import type { InstalledPackage, Supply } from "../observe/subject.ts";

/** Releases that must not be run, by ecosystem and name. A range is one of npm's. */
const list: readonly { ecosystem: Supply["ecosystem"]; name: string; range: string; why: string }[] = [
  {
    ecosystem: "npm",
    name: "postmark-mcp",
    range: ">=1.0.16",
    why: "sends a copy of every mail to its author (September 2025)",
  },
  {
    ecosystem: "npm",
    name: "mcp-remote",
    range: ">=0.0.5 <0.1.16",
    why: "CVE-2025-6514: a server runs commands on the client's machine",
  },
  {
    ecosystem: "npm",
    name: "@modelcontextprotocol/server-filesystem",
    range: "<0.6.3",
    why: "CVE-2025-53109 and CVE-2025-53110: it leaves its directory",
  },
  {
    ecosystem: "npm",
    name: "@modelcontextprotocol/inspector",
    range: "<0.14.1",
    why: "CVE-2025-49596: anybody may run commands through its proxy",
  },
  {
    ecosystem: "npm",
    name: "figma-developer-mcp",
    range: "<0.6.3",
    why: "CVE-2025-53967: a shell injection by its arguments",
  },
  {
    ecosystem: "pypi",
    name: "mcp",
    range: "<1.10.0",
    why: "CVE-2025-53365 and CVE-2025-53366: a request ends the server",
  },
];

/** Why this release must not be run; empty for one that nothing is known about. */
export function knownBad(ecosystem: Supply["ecosystem"], { name, version }: InstalledPackage): string[] {
  return list.flatMap((bad) => {
    if (bad.ecosystem !== ecosystem || bad.name !== name || valid(version) === null) return [];
    return satisfies(version, bad.range) ? [bad.why] : [];
  });
}

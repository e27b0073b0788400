import { randomBytes } from "node:crypto";
import type { HostSettings } from "../../containers/parts/part.ts";
import { UsageError } from "../../helpers/core/errors.ts";
import type { Candidate } from "../candidate/types.ts";
import type { GateResources } from "./gate-resources.ts";
import type { Lookup } from "./hosts/addresses.ts";
import { type DeclaredHosts, noHosts, startDeclaredHosts } from "./hosts/declared-hosts.ts";
import { type Installed, install } from "./installed.ts";
import { withOwnCommand } from "./own-command.ts";

/** A candidate that the columns of one run share: its images, and the values of its secrets. */
export interface Prepared {
  /** With the command that its package has, where the file names none. */
  candidate: Candidate;
  installed: Installed;
  /** The run's secrets by name. */
  secrets: ReadonlyMap<string, string>;
  hosts: DeclaredHosts;
}

/**
 * Makes up the candidate's secrets, installs it twice, finds the command of its package, and makes the hosts reachable that its
 * file declares.
 *
 * @param lookup resolves those hosts; by default as this machine does
 * @throws {UsageError} when a secret of a real service is not given
 * @throws {DeploymentError} when the file names no command, and the package has none of its own name and several others
 */
export async function prepare(resources: GateResources, candidate: Candidate, lookup?: Lookup): Promise<Prepared> {
  const secrets = secretsOf(candidate);
  const installed = await install(resources.images, candidate);
  if ("failed" in installed) return { candidate, secrets, installed, hosts: noHosts };
  const own = await withOwnCommand(resources, candidate, installed.image);
  return { candidate: own, secrets, installed, hosts: await startDeclaredHosts(resources, candidate, lookup) };
}

/** A new value for each secret, or that of the variable which the file names. */
function secretsOf({ secrets }: Candidate): ReadonlyMap<string, string> {
  return new Map(
    secrets.map(({ name, from }) => {
      if (from === undefined) return [name, `canary-${randomBytes(16).toString("hex")}`];
      const value = process.env[from];
      if (value === undefined || value === "")
        throw new UsageError(`the candidate needs ${name}, and ${from} is not set; set it, or remove from: of ${name}`);
      return [name, value];
    }),
  );
}

/** A text of the candidate file with the run's secrets in it. */
export function filled(text: string, secrets: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\$\{([A-Za-z_]\w*)\}/g, (written, name: string) => secrets.get(name) ?? written);
}

/** What the server is started with, with the run's secrets in it. */
export function environmentOf(
  { environment }: Candidate,
  secrets: ReadonlyMap<string, string>,
): Record<string, string> {
  return Object.fromEntries([...environment].map(([name, value]) => [name, filled(value, secrets)]));
}

/** What no tool may read or write to: no folder of the candidate's own, so that a server may be given all of `/tmp`. */
export const trapFolder = "/conformance";

/** What the candidate may use, and the server that it asks for names. */
export function boundsOf({ limits }: Candidate, nameServer: string | undefined): HostSettings {
  const memory = limits.memoryMb * 1024 * 1024;
  return {
    Init: true,
    Memory: memory,
    MemorySwap: memory,
    PidsLimit: limits.processes,
    ReadonlyRootfs: true,
    Tmpfs: {
      "/tmp": `size=${limits.diskMb}m,mode=1777,exec`,
      "/root": `size=${limits.diskMb}m`,
      [trapFolder]: "size=1m,mode=1777",
    },
    CapDrop: ["ALL"],
    // It may still kill and read its own processes, which run as the same user.
    SecurityOpt: ["no-new-privileges"],
    ...(nameServer === undefined ? {} : { Dns: [nameServer], DnsOptions: ["timeout:1", "attempts:1"] }),
  };
}

/** What starts the server; empty for what its image says. */
export function commandOf({ server }: Candidate): readonly string[] {
  if (server.from === "packages") return [server.command, ...server.args];
  return server.command ?? [];
}

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { FailureDetails } from "../../../helpers/checks/check-failure.ts";
import type { Deployment, SourceLocation } from "../../../helpers/deployment/types.ts";

/**
 * Why clients look for the authorization server elsewhere: the protected-resource metadata names another one than the policy's issuer.
 * With the line of the mounted file that has it, where one does. Undefined where the metadata names the issuer, or none.
 *
 * @param servers `authorization_servers` of the metadata
 */
export function otherAuthorizationServer(
  deployment: Pick<Deployment, "compose">,
  issuer: string,
  servers: readonly string[],
): (Pick<FailureDetails, "location"> & { cause: string; fix: string }) | undefined {
  const [named] = servers;
  if (named === undefined || servers.includes(issuer)) return undefined;
  const location = mountedLine(deployment, named);
  return {
    cause: `the protected-resource metadata names the authorization server ${named}, and the policy's issuer is ${issuer}`,
    ...(location === undefined ? {} : { location }),
    fix: `write ${issuer} into its 'authorization_servers', or correct 'authorization.issuer' in the policy`,
  };
}

/** Larger files, and more files of one directory, are data. */
const largest = 64 * 1024;
const most = 200;

/** The first line of a mounted file that has an address as a whole. */
function mountedLine({ compose }: Pick<Deployment, "compose">, address: string): SourceLocation | undefined {
  const sources = [...compose.services.values()].flatMap(({ mounts }) =>
    mounts.flatMap(({ kind, isAvailable, source }) => (kind === "bind" && isAvailable ? [source] : [])),
  );
  for (const file of [...new Set(sources)].flatMap(filesIn)) {
    const lines = readFileSync(file, "utf8").split("\n");
    const index = lines.findIndex((line) => line.split(/[\s"'`,[\]{}()]+/).includes(address));
    if (index !== -1) return { file, line: index + 1 };
  }
  return undefined;
}

function filesIn(source: string): string[] {
  const isFolder = statSync(source, { throwIfNoEntry: false })?.isDirectory() === true;
  const all = isFolder
    ? readdirSync(source, { recursive: true, encoding: "utf8" })
        .slice(0, most)
        .map((name) => join(source, name))
    : [source];
  return all.filter((file) => {
    const found = statSync(file, { throwIfNoEntry: false });
    return found?.isFile() === true && found.size <= largest;
  });
}

import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import type { ComposeService } from "../../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../../helpers/run/run-record.ts";

/** Variables that name a file or a directory with the certificates that a program trusts. */
const authorities: readonly string[] = [
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "REQUESTS_CA_BUNDLE",
  "CURL_CA_BUNDLE",
  "NODE_EXTRA_CA_CERTS",
  "LEGO_CA_CERTIFICATES",
];

/** Variables of Docker's clients. Source: github.com/moby/moby/client, `FromEnv`. */
const engineVariables: readonly string[] = [
  "DOCKER_HOST",
  "DOCKER_API_VERSION",
  "DOCKER_CERT_PATH",
  "DOCKER_TLS_VERIFY",
];

/**
 * A service's environment without the variables that cannot hold on the throwaway network, each listed as a change.
 *
 * @param usesEngine whether the run mounts its engine's socket, whatever the service's mounts are
 */
export function environmentOfRun(
  service: ComposeService,
  usesEngine: boolean,
): {
  environment: Record<string, string>;
  changes: RenderedChange[];
} {
  const environment: Record<string, string> = {};
  const changes: RenderedChange[] = [];
  for (const [name, { value, location }] of service.environment) {
    const why = whyDropped(service, name, value, usesEngine);
    if (why === undefined) environment[name] = value;
    else
      changes.push({
        where: `${basename(location.file)}:${service.key}.environment`,
        what: `dropped ${name}`,
        why,
      });
  }
  return { environment, changes };
}

function whyDropped(service: ComposeService, name: string, value: string, usesEngine: boolean): string | undefined {
  if (authorities.includes(name) && isMissing(service, value))
    return `${value} is not among the deployment's files, and with it missing the program does not start or trusts nobody`;
  if (engineVariables.includes(name) && usesEngine) return "the engine of the run is another one";
  return undefined;
}

/** Whether a path in the container is on a mount that is empty in the run. */
function isMissing({ mounts }: ComposeService, path: string): boolean {
  const mount = mounts
    .filter(({ target }) => path === target || path.startsWith(`${target}/`))
    .toSorted((one, other) => other.target.length - one.target.length)[0];
  if (mount === undefined) return false;
  if (mount.kind === "volume") return true;
  return (
    mount.kind === "bind" && !(mount.isAvailable && existsSync(join(mount.source, path.slice(mount.target.length))))
  );
}

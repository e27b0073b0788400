import { basename, posix } from "node:path";
import { mistyped } from "../../../../helpers/core/text/nearest.ts";
import { ContainerFiles } from "../../../../helpers/deployment/traefik/container-files.ts";
import type { TraefikModel } from "../../../../helpers/deployment/traefik/model.ts";
import type { ComposeService } from "../../../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../../../helpers/run/run-record.ts";
import type { PartFile } from "../../part.ts";

/** A user whom nobody is, by the kind of the middleware, as `htpasswd` and `htdigest` write it. */
const users: Readonly<Record<string, string>> = {
  basicauth: "nobody:{SHA}/1VDU0WDSj/iJJNndsKqFfbtU1g=\n",
  digestauth: "nobody:traefik:0123456789abcdef0123456789abcdef\n",
};

/**
 * Files for `usersFile` that are mounted and not in the deployment's folder: who has an account is rarely in git. Without such a file
 * Traefik leaves out every router that asks for the account, and answers 404 in place of 401 (3.6, measured). A path that no mount has
 * and a mistyped one are the operator's faults, which a run must show.
 */
export function standInUsersFiles(
  model: TraefikModel,
  service: ComposeService,
): { files: PartFile[]; changes: RenderedChange[] } {
  const present = new ContainerFiles(service);
  const files = new Map<string, PartFile>();
  const changes: RenderedChange[] = [];
  for (const { name, kind, options } of model.middlewares) {
    const content = users[kind];
    const option = options.get(`${kind}.usersfile`);
    if (content === undefined || option === undefined || option.value === "") continue;
    const target = posix.resolve(service.workingDir ?? "/", option.value);
    if (present.find(target) !== undefined || !mayBeOnTheHost(service, target, present)) continue;
    files.set(target, { target, content });
    changes.push({
      where: `${basename(option.location.file)}:${option.location.line}`,
      what: `made up the users in ${target} of ${name}`,
      why: "the file is not among the deployment's files, and without it Traefik leaves out the routers that use it",
    });
  }
  return { files: [...files.values()], changes };
}

/** Whether the gateway host may have a file that the deployment's folder lacks. */
function mayBeOnTheHost(service: ComposeService, target: string, present: ContainerFiles): boolean {
  const names = (present.list(posix.dirname(target)) ?? []).map(({ path }) => posix.basename(path));
  if (mistyped(posix.basename(target), names) !== undefined) return false;
  const isBelow = (mounted: string): boolean =>
    target === mounted || target.startsWith(`${mounted.replace(/\/$/, "")}/`);
  return service.build !== undefined || [...service.mounts, ...service.files].some((one) => isBelow(one.target));
}

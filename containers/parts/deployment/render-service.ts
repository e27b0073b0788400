import { randomBytes } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import type { ComposeService, ServiceFile } from "../../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../../helpers/run/run-record.ts";
import type { ContainerSettings, PartFile } from "../part.ts";
import { containerSettings } from "./container-settings.ts";
import { withoutLiterals } from "./literal-files.ts";
import type { RenderContext } from "./render-context.ts";
import { environmentOfRun } from "./run-environment.ts";
import { isTraefiks, labelsOfRun, networkForTraefik } from "./traefik/labels.ts";

export type { RenderContext };

/** A service of the compose file, ready to start, and what was changed for the throwaway network. */
export interface RenderedService {
  command: string[] | undefined;
  environment: Record<string, string>;
  labels: Record<string, string>;
  files: PartFile[];
  directories: { source: string; target: string }[];
  settings: ContainerSettings;
  changes: RenderedChange[];
}

/** Labels of the LiteLLM service for the container in its place, with network names mapped to the run's. */
export function renderLabels(context: RenderContext): Record<string, string> {
  return labelsOfRun(context, context.deployment.litellm);
}

/**
 * A service as its compose file has it: command, environment, labels, mounts, configs, secrets and settings.
 *
 * @param stoodIn paths in the container that get a file of the suite's own in place of what is missing there
 */
export async function renderService(
  context: RenderContext,
  service: ComposeService,
  stoodIn: ReadonlySet<string> = new Set(),
): Promise<RenderedService> {
  const mounted = await copyMounts(service, stoodIn);
  const own = await copyFiles(service);
  const { secrets } = context.deployment.facts;
  const files = await withoutLiterals([...mounted.files, ...own.files], mounted.directories, secrets);
  const { settings, changes } = containerSettings(service, {
    files: files.map(({ target }) => target),
    directories: mounted.directories.map(({ target }) => target),
    processors: context.processors,
  });
  const network = [...service.labels.keys(), ...service.deployLabels.keys()].some(isTraefiks)
    ? networkForTraefik(context, service)
    : undefined;
  if (network !== undefined)
    changes.push({
      where: `${basename(service.location.file)}:${service.key}.labels`,
      what: `set traefik.docker.network=${network}`,
      why: "the run adds networks of its own, and of several Traefik takes any",
    });
  const { environment, changes: dropped } = environmentOfRun(service, service === context.deployment.traefik);
  return {
    command: service.command === undefined ? undefined : [...service.command],
    environment,
    labels: labelsOfRun(context, service),
    files,
    directories: mounted.directories,
    settings: { ...settings, emptyDirectories: [...mounted.emptyDirectories, ...volumesOf(service)] },
    changes: [...changes, ...mounted.changes, ...own.changes, ...dropped],
  };
}

/** Directories that compose mounts a volume on: each has what the image has there, and is empty otherwise. */
function volumesOf({ mounts, anonymousVolumes }: ComposeService): string[] {
  const named = mounts.filter(({ kind }) => kind === "volume");
  return [...named, ...anonymousVolumes].map(({ target }) => target);
}

/** The most that is copied of a build context where the image itself is not built, in bytes: it may hold anything. */
const mostCopied = 20 * 1024 ** 2;

async function isLarge(directory: string): Promise<boolean> {
  let size = 0;
  const pending = [directory];
  for (let next = pending.pop(); next !== undefined; next = pending.pop())
    for (const entry of await readdir(next, { withFileTypes: true })) {
      const path = join(next, entry.name);
      if (entry.isDirectory()) pending.push(path);
      else if (entry.isFile()) size += (await stat(path)).size;
      if (size > mostCopied) return true;
    }
  return false;
}

interface CopiedMounts extends Pick<RenderedService, "files" | "directories" | "changes"> {
  emptyDirectories: string[];
}

/** The content of the bind mounts. Docker makes an empty directory for a missing one. */
async function copyMounts(service: ComposeService, stoodIn: ReadonlySet<string>): Promise<CopiedMounts> {
  const copied: CopiedMounts = { files: [], directories: [], changes: [], emptyDirectories: [] };
  for (const mount of service.mounts) {
    if (mount.kind !== "bind" || isEngineSocket(mount.source)) continue;
    if (mount.isAvailable) {
      const found = await stat(mount.source);
      if (mount.isInImage === true && found.isDirectory() && (await isLarge(mount.source)))
        copied.changes.push({
          where: `${basename(mount.location.file)}:${mount.location.line}`,
          what: `nothing copied to ${mount.target}`,
          why: `${mount.source} has more than ${mostCopied / 1024 ** 2} MiB`,
        });
      else if (found.isDirectory()) copied.directories.push({ source: mount.source, target: mount.target });
      else if (found.isFile()) {
        // A script that is mounted as the entrypoint must stay executable.
        const mode = (found.mode & 0o111) === 0 && mount.isProgram !== true ? 0o644 : 0o755;
        copied.files.push({ target: mount.target, content: await readFile(mount.source), mode });
      }
      continue;
    }
    if (stoodIn.has(mount.target)) continue;
    // The host's clock settings change nothing that a check could see.
    if (/^\/etc\/(?:localtime|timezone)$/.test(mount.source)) continue;
    const isFile = extname(mount.target) !== "";
    if (!isFile) copied.emptyDirectories.push(mount.target);
    copied.changes.push({
      where: `${basename(mount.location.file)}:${service.key}.volumes`,
      what: isFile ? `nothing mounted on ${mount.target}` : `an empty directory on ${mount.target}`,
      why: `${mount.source} of the gateway host is not among the deployment's files`,
    });
  }
  return copied;
}

/** The configs and secrets of a service, as compose mounts them. */
async function copyFiles(service: ComposeService): Promise<Pick<RenderedService, "files" | "changes">> {
  const files: PartFile[] = [];
  const changes: RenderedChange[] = [];
  for (const { kind, name, content, target, mode = 0o444, uid, gid, location } of service.files) {
    const where = `${basename(location.file)}:${service.key}.${kind}s`;
    files.push({ target, content: await contentOf(content), mode, uid: Number(uid ?? 0), gid: Number(gid ?? 0) });
    if (content.from === "external")
      changes.push({
        where,
        what: `made-up content for the ${kind} '${name}'`,
        why: `${content.external} is made outside of compose, and the policy does not name it under 'secrets'`,
      });
  }
  return { files, changes };
}

async function contentOf(content: ServiceFile["content"]): Promise<string | Buffer> {
  switch (content.from) {
    case "file":
      return await readFile(content.file);
    case "external":
      return `made-up-${randomBytes(12).toString("hex")}`;
    default:
      return content.text ?? "";
  }
}

/** Whether a bind mount is the engine's socket, which the run mounts from the engine's own path. */
export function isEngineSocket(source: string): boolean {
  return basename(source) === "docker.sock";
}

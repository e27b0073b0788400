import { existsSync, readFileSync } from "node:fs";
import type { ComposeService, ServiceFile } from "../compose/types.ts";
import { FaultList } from "../source/fault-list.ts";
import { isFile } from "../source/is-file.ts";
import { type LiteralSecrets, valueOfUnset } from "../source/literal-secrets.ts";
import type { SourceLocation } from "../source/location.ts";
import { readSource, SourceFile } from "../source/source-file.ts";

/** A file in LiteLLM's container that the deployment has. */
export interface ContainerFile {
  /** Absolute path in the container. */
  inContainer: string;
  /** Undefined when it can't be read; the reason is then a fault. */
  source: SourceFile | undefined;
}

/** The deployment's file behind a path in the container; undefined when no mount, config or Dockerfile has it. */
export function fileIn(service: ComposeService, inContainer: string, faults: FaultList): ContainerFile | undefined {
  const given = service.files.find(({ target }) => target === inContainer);
  if (given !== undefined) return { inContainer, source: sourceOf(given, faults) };
  const file = presentFile(service, inContainer);
  if (file === undefined) return undefined;
  const at = mountOf(service, inContainer)?.location;
  const mount = at === undefined ? "the mount in the compose file" : `the mount (${at.file}:${at.line})`;
  return {
    inContainer,
    source: readSource(file, faults, `write it, correct ${mount}, or name a copy under 'files:' in policy.yaml`),
  };
}

/** What a script in the container reads from a file: a config or a secret of compose, or a mounted file. */
export function textInContainer(
  service: ComposeService,
  inContainer: string,
  { replacements, secrets }: { replacements: ReadonlyMap<string, string>; secrets: LiteralSecrets },
): string | undefined {
  const given = service.files.find(({ target }) => target === inContainer);
  const replaced = given === undefined ? undefined : replacements.get(given.name);
  if (replaced !== undefined) return replaced;
  // No file has it, and the container does.
  if (given?.content.from === "external") return given.kind === "secret" ? valueOfUnset(given.name) : undefined;
  const text = fileIn(service, inContainer, new FaultList())?.source?.text;
  return text === undefined ? undefined : secrets.text(text);
}

/** The file on this machine that a start script makes a file of the container from; undefined for any other file. */
export function templateOf({ files }: ComposeService, inContainer: string): string | undefined {
  return files.find(({ target }) => target === inContainer)?.madeFrom;
}

/** The file on this machine behind a path in the container; undefined when it is on no bind mount. */
export function mountedFile(service: ComposeService, inContainer: string): string | undefined {
  const given = service.files.find(({ target }) => target === inContainer);
  if (given?.content.from === "file") return given.content.file;
  const mount = mountOf(service, inContainer);
  if (mount === undefined || mount.kind !== "bind") return undefined;
  const rest = inContainer.slice(mount.target.length).replace(/^\//, "");
  return rest === "" ? mount.source : `${mount.source}/${rest}`;
}

/** The mount that a path in the container is on; undefined where it is in the image. */
export function mountOf({ mounts }: ComposeService, inContainer: string): ComposeService["mounts"][number] | undefined {
  return mounts
    .filter(({ target }) => inContainer === target || inContainer.startsWith(target === "/" ? "/" : `${target}/`))
    .toSorted((a, b) => b.target.length - a.target.length)[0];
}

/** Whether the deployment says that a file is in the container. A mounted file that is missing counts: that is a fault. */
export function isIn(service: ComposeService, inContainer: string): boolean {
  return service.files.some(({ target }) => target === inContainer) || presentFile(service, inContainer) !== undefined;
}

/**
 * The file on this machine behind a path in the container, mounted or copied by the service's Dockerfile; undefined for one of the
 * image's. A file that is mounted itself may be missing, which is a fault; one in a mounted directory is then not there.
 */
export function presentFile(service: ComposeService, inContainer: string): string | undefined {
  const mounted = mountedFile(service, inContainer);
  const isMount = service.mounts.some(({ target }) => target === inContainer);
  return mounted !== undefined && (isMount || existsSync(mounted)) ? mounted : undefined;
}

/** The text of {@link presentFile}; undefined also for a directory, and for a mounted file that is missing. */
export function presentText(service: ComposeService, inContainer: string): string | undefined {
  const file = presentFile(service, inContainer);
  return file !== undefined && isFile(file) ? readFileSync(file, "utf8") : undefined;
}

function sourceOf({ content, location }: ServiceFile, faults: FaultList): SourceFile | undefined {
  switch (content.from) {
    case "file":
      return readSource(content.file, faults, "write it, or fix its path in the compose file");
    case "text":
    case "variable":
      if (content.text !== undefined)
        return new SourceFile(location.file, content.text, firstLineOf(content.text, location));
      faults.add(
        location,
        "the variable that holds its content is not set",
        "set it in .env, or under 'variables:' of policy.yaml",
      );
      return undefined;
    case "external":
      faults.add(
        location,
        `the content of '${content.external}' is in none of these files: it was made outside of compose`,
        `add '${content.external}: ./COPY' under 'files:' in policy.yaml, with a copy of it`,
      );
      return undefined;
  }
}

/**
 * The mount that a file in the container is on, where a run has none of its content: a volume, a directory that the deployment's
 * folder does not have, or a file of the gateway host that nothing stands for.
 */
export function emptyMountOf(
  service: ComposeService,
  inContainer: string,
): ComposeService["mounts"][number] | undefined {
  const mount = mountOf(service, inContainer);
  if (mount === undefined || service.files.some(({ target }) => target === inContainer)) return undefined;
  if (mount.target === inContainer) return mount.isOutside === true ? mount : undefined;
  return mount.kind === "volume" || !mount.isAvailable ? mount : undefined;
}

/** The line of the compose file in which a text begins that is written into it. */
function firstLineOf(text: string, { file, line }: SourceLocation): number {
  const wanted = text.split("\n").findIndex((each) => each.trim() !== "");
  const first = text.split("\n")[wanted]?.trim();
  if (first === undefined || !existsSync(file)) return line;
  const lines = readFileSync(file, "utf8").split("\n");
  const at = lines.findIndex((each) => each.trim() === first);
  return at === -1 ? line : Math.max(1, at + 1 - wanted);
}

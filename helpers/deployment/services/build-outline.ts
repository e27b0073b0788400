import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { imageVersion } from "../compose/service/image-version.ts";
import type { ComposeBuild, ComposeService } from "../compose/types.ts";
import type { LiteralSecrets } from "../source/literal-secrets.ts";
import type { SourceLocation } from "../source/location.ts";
import { copiedMounts, ignoredCopies } from "./copied-mounts.ts";
import { type DockerfileOutline, readDockerfile } from "./dockerfile.ts";
import { dockerfileOf } from "./dockerfile-path.ts";

/** The Dockerfile of a build; undefined where it is not in the deployment's files. */
export function outlineOf(build: ComposeBuild): DockerfileOutline | undefined {
  const args = new Map([...build.args].map(([name, { value }]) => [name, value]));
  if (build.inline !== undefined) return readDockerfile(build.inline.value, args, build.target);
  const file = dockerfileOf(build);
  return existsSync(file) ? readDockerfile(readFileSync(file, "utf8"), args, build.target) : undefined;
}

/** `ghcr.io/berriai/litellm-database`, `docker.litellm.ai/berriai/litellm`, a mirror's `litellm/litellm`. */
const liteLLMImage = /(?:^|\/)litellm(?:[-_][\w.-]+)?(?:[:@]|$)/i;

/** The version of the LiteLLM that a Dockerfile installs, else of the image that it builds on; undefined where it names none. */
export function builtLiteLLMVersion({ base = "", packages }: DockerfileOutline): string | undefined {
  const installed = packages.findLast(isLiteLLMPackage)?.version;
  return installed ?? (isLiteLLMImage(base) ? imageVersion(base) : undefined);
}

/** Whether an image is LiteLLM's own, also under a mirror's name. */
export function isLiteLLMImage(image: string): boolean {
  return liteLLMImage.test(image);
}

/** Whether an image is one that LiteLLM publishes, on any registry: its entry point and its files are known. */
export function isOfficialLiteLLMImage(image: string): boolean {
  return /(?:^|\/)(?:berriai|litellm)\/litellm/.test(image);
}

/** Whether an image may be one that LiteLLM publishes, under the name of a mirror: `registry.example/litellm:v1.80.0-stable`. */
export function mayBeMirrored(image: string): boolean {
  return /(?:^|\/)litellm(?:-database|-non_root)?(?:$|@|:(?:v?\d+\.\d|main|latest|stable|litellm_))/.test(image);
}

/** Whether a package is LiteLLM, with extras or without. */
export function isLiteLLMPackage({ name }: { name: string }): boolean {
  return /^litellm(?:\[|$)/.test(name);
}

/** Variables that say where the programs of an image are: the image of a run has them elsewhere. */
const ofImage: ReadonlySet<string> = new Set(["PATH", "HOME", "VIRTUAL_ENV", "PYTHONHOME", "LD_LIBRARY_PATH"]);

/**
 * A service that is built and starts LiteLLM, with what its Dockerfile says of the start and the compose file does not: the words after
 * the program, working directory, variables, files. Every other service stays as it is.
 *
 * @param secrets replaces those that the Dockerfile has as text
 */
export function withBuildDefaults(written: ComposeService, secrets: LiteralSecrets): ComposeService {
  const { build } = written;
  const outline = build === undefined ? undefined : outlineOf(build);
  if (build === undefined || outline === undefined) return written;
  const locationOf = (line = 1): SourceLocation => build.inline?.location ?? { file: dockerfileOf(build), line };
  const hasOwnImage = isLiteLLMImage(outline.base ?? "");
  const isLiteLLM = hasOwnImage || outline.packages.some(isLiteLLMPackage);
  const copied = isLiteLLM ? copiedMounts(build, { copies: outline.copies, isOwnImage: hasOwnImage, locationOf }) : [];
  const notCopied = (isLiteLLM ? ignoredCopies(build, outline.copies) : []).map(({ source, line }) => ({
    location: locationOf(line),
    what: `COPY names '${source}', and .dockerignore leaves it out of the build context`,
    why: "the build of the image ends there: the engine does not find it",
    fix: `add '!${source}' at the end of .dockerignore, or remove the COPY`,
  }));
  // What is mounted hides what the image has at the same path.
  const service = {
    ...written,
    absentMounts: [...written.absentMounts, ...notCopied],
    mounts: [
      ...copied.filter(({ target }) => !written.mounts.some((mount) => mount.target === target)),
      ...written.mounts,
    ],
  };
  // An entry point of the compose file leaves out the image's command.
  const isOfImage = service.command === undefined && service.entrypoint === undefined;
  const words = isOfImage
    ? (outline.command ?? []).map((value) => ({ value, location: locationOf(outline.commandLine), path: [] }))
    : service.commandWords;
  // Without an entry point the command is all of it, and begins with the program; LiteLLM's own image has an entry point.
  const isAll = (service.entrypoint ?? outline.entrypoint) === undefined && !hasOwnImage;
  const program = (isAll ? words[0]?.value : (service.entrypoint ?? outline.entrypoint)?.[0]) ?? "";
  // A script of the operator's that the Dockerfile copies starts LiteLLM as one that is mounted does.
  const ownScript = service.entrypoint === undefined ? outline.entrypoint : undefined;
  const script = copied.find(({ target }) => ownScript?.includes(target))?.target;
  if (!hasOwnImage && basename(program) !== "litellm" && script === undefined) return service;
  const commandWords = isAll ? words.slice(1) : words;
  const added = [...outline.variables].flatMap(([name, { value, line }]) =>
    ofImage.has(name) || service.environment.has(name)
      ? []
      : [[name, { value: secrets.text(value), location: locationOf(line) }] as const],
  );
  return {
    ...service,
    // Any other entry point of a Dockerfile is in its image only.
    entrypoint:
      service.entrypoint ??
      (script === undefined ? (basename(program) === "litellm" ? [program] : undefined) : ownScript),
    command: commandWords.length > 0 ? commandWords.map(({ value }) => value) : isAll ? undefined : service.command,
    commandWords,
    environment: added.length === 0 ? service.environment : new Map([...service.environment, ...added]),
    workingDir: service.workingDir ?? outline.workingDir,
    mounts: service.mounts.map((mount) => (mount.target === script ? { ...mount, isProgram: true } : mount)),
  };
}

/** Whether a value is in the Dockerfile of a service's build, as `ENV` sets a variable. */
export function isInDockerfile({ build }: Pick<ComposeService, "build">, { file }: SourceLocation): boolean {
  return build !== undefined && file === dockerfileOf(build);
}

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { imageVersion } from "../compose/service/image-version.ts";
import type { ComposeBuild, ComposeService } from "../compose/types.ts";
import { type DockerfileOutline, readDockerfile } from "./dockerfile.ts";

/** The Dockerfile of a build; undefined where it is not in the deployment's files. */
export function outlineOf(build: ComposeBuild): DockerfileOutline | undefined {
  const args = new Map([...build.args].map(([name, { value }]) => [name, value]));
  if (build.inline !== undefined) return readDockerfile(build.inline.value, args, build.target);
  const file = build.dockerfile ?? join(build.context, "Dockerfile");
  return existsSync(file) ? readDockerfile(readFileSync(file, "utf8"), args, build.target) : undefined;
}

/** LiteLLM's own images, also under a mirror's name. */
const liteLLMImage = /(?:^|\/)litellm(?:[-_][\w.-]+)?(?:[:@]|$)/i;

/** The version of the LiteLLM that a Dockerfile builds on, or installs; undefined where it names none. */
export function builtLiteLLMVersion({ base = "", packages }: DockerfileOutline): string | undefined {
  if (liteLLMImage.test(base)) return imageVersion(base);
  return packages.find(isLiteLLM)?.version;
}

function isLiteLLM({ name }: { name: string }): boolean {
  return /^litellm(?:\[|$)/.test(name);
}

/** Variables that say where LiteLLM listens, and which config it reads. */
const startVariables = ["PORT", "CONFIG_FILE_PATH"];

/**
 * A service that is built with LiteLLM in it, with what its Dockerfile says of its start and the compose file does not: entry point,
 * command, working directory, port and config. Every other service stays as it is.
 */
export function withBuildDefaults(service: ComposeService): ComposeService {
  const { build } = service;
  const outline = build === undefined ? undefined : outlineOf(build);
  if (build === undefined || outline === undefined) return service;
  if (!liteLLMImage.test(outline.base ?? "") && !outline.packages.some(isLiteLLM)) return service;
  const location = build.inline?.location ?? { file: build.dockerfile ?? join(build.context, "Dockerfile"), line: 1 };
  // An entry point of the compose file leaves out the image's command.
  const words =
    service.command === undefined && service.entrypoint === undefined
      ? (outline.command ?? []).map((value) => ({ value, location, path: [] }))
      : service.commandWords;
  const entrypoint = service.entrypoint ?? outline.entrypoint;
  // Without an entry point the command is all of it, and begins with the program; LiteLLM's own image has an entry point.
  const isAll = entrypoint === undefined && !liteLLMImage.test(outline.base ?? "") && words.length > 0;
  const commandWords = isAll ? words.slice(1) : words;
  const added = startVariables.flatMap((name) => {
    const value = outline.variables.get(name);
    return value === undefined || service.environment.has(name) ? [] : [[name, { value, location }] as const];
  });
  return {
    ...service,
    entrypoint: isAll ? words.slice(0, 1).map(({ value }) => value) : entrypoint,
    command: commandWords.length > 0 ? commandWords.map(({ value }) => value) : service.command,
    commandWords,
    environment: added.length === 0 ? service.environment : new Map([...service.environment, ...added]),
    workingDir: service.workingDir ?? outline.workingDir,
  };
}

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ComposeBuild } from "../compose/types.ts";
import { type DockerfileOutline, readDockerfile } from "./dockerfile.ts";

/** The Dockerfile of a build; undefined where it is not in the deployment's files. */
export function outlineOf(build: ComposeBuild): DockerfileOutline | undefined {
  const args = new Map([...build.args].map(([name, { value }]) => [name, value]));
  if (build.inline !== undefined) return readDockerfile(build.inline.value, args, build.target);
  const file = build.dockerfile ?? join(build.context, "Dockerfile");
  return existsSync(file) ? readDockerfile(readFileSync(file, "utf8"), args, build.target) : undefined;
}

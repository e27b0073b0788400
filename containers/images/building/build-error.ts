import { EnvironmentError } from "../../../helpers/core/errors.ts";
import { CommandError } from "../../engine/host-command.ts";
import type { Recipe } from "../recipes/recipe.ts";
import { ImageError } from "./build.ts";

/** PyPI does not have the version of an image. The message is one line, with the versions that it has. */
export class UnknownVersionError extends EnvironmentError {}

/** The line of `contexts/litellm-by-date/install.py`. */
const unknownVersion = /^(PyPI has no .+); near: (.+); nearest: (.+)$/;

/**
 * Why an image could not be built. Where PyPI does not have the version, the message is the one line that says
 * which it has; else the log has the last lines of the build.
 */
export function buildError({ name, version }: Pick<Recipe, "name" | "version">, error: Error): EnvironmentError {
  const log = error instanceof ImageError || error instanceof CommandError ? error.log : [];
  const unknown = log.map((line) => unknownVersion.exec(line)).findLast((match) => match !== null);
  if (unknown) {
    const [, what, near = "", nearest] = unknown;
    const others = near.split(" ").filter((version) => version !== nearest);
    const choice = others.length === 0 ? nearest : `one of ${near.replaceAll(" ", ", ")} (nearest: ${nearest})`;
    return new UnknownVersionError(`${what}: set LITELLM_VERSION to ${choice}`, { part: name, cause: error });
  }
  return new EnvironmentError(
    `the image of ${name} ${version} cannot be built: ${error.message}. A build needs the package registries (PyPI, npm, ` +
      "Debian)",
    { part: name, log, cause: error },
  );
}

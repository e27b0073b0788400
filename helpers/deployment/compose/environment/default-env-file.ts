import { existsSync } from "node:fs";
import { join } from "node:path";

/** In order of preference. */
const names = ["litellm.env", ".env"];

/**
 * The main env file of a folder where nothing names another; its example counts as the file. Compose's own `.env` where
 * there is none.
 */
export function defaultEnvFile(folder: string): string {
  const isPresent = (name: string): boolean =>
    existsSync(join(folder, name)) || existsSync(join(folder, `${name}.example`));
  return names.find(isPresent) ?? ".env";
}

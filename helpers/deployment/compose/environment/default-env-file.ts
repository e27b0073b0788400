import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileOrExample } from "./example-files.ts";

/** In order of preference. */
const names = ["litellm.env", ".env"];

/**
 * The main env file of a folder where nothing names another; its example counts as the file. Compose's own `.env` where
 * there is none.
 */
export function defaultEnvFile(folder: string): string {
  return (
    names.find((name) => existsSync(join(folder, name))) ??
    names.find((name) => fileOrExample(join(folder, name)) !== undefined) ??
    ".env"
  );
}

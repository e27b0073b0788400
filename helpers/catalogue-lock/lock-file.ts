import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { DeploymentError } from "../core/errors.ts";
import { displayPath } from "../core/text/display-path.ts";

const lockShape = z.object({
  format: z.literal(1),
  name: z.string(),
  /** The packages with the server first; empty for an image. */
  packages: z.array(z.object({ name: z.string(), version: z.string(), digest: z.string() })),
  server: z.object({ name: z.string(), version: z.string() }),
  instructions: z.string(),
  tools: z.array(z.looseObject({ name: z.string() })),
  prompts: z.array(z.unknown()),
  resources: z.array(z.unknown()),
  /** Of everything above, so that a report can name it. */
  digest: z.string(),
});

/** What was approved of an upstream, by `npm run onboard -- … --approve`: `candidates/<name>.lock.json`. */
export type Lock = z.output<typeof lockShape>;

/**
 * The lock of an upstream.
 *
 * @returns undefined where there is none
 * @throws {DeploymentError} when it can't be read
 */
export function readLock(file: string): Lock | undefined {
  if (!existsSync(file)) return undefined;
  const fault = (what: string): DeploymentError =>
    new DeploymentError([
      { file: displayPath(file), what, fix: "restore it from git, or remove it and run with --approve" },
    ]);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw fault(`is not JSON (${(error as Error).message})`);
  }
  const { data, error } = lockShape.safeParse(value);
  if (data === undefined) throw fault(`has another form (${error?.issues[0]?.path.join(".")})`);
  return data;
}

/**
 * The variable that names the run's directory. vitest.config.ts sets it: reporters are made before the run begins, and
 * vitest hands nothing else to all of them.
 */
export const runDirectoryVariable = "GATEWAY_CONFORMANCE_RUN_DIRECTORY";

/**
 * The run's directory: absolute; it becomes the report when the run is over.
 *
 * @throws {Error} outside of a run
 */
export function runDirectory(): string {
  const directory = process.env[runDirectoryVariable];
  if (directory === undefined) throw new Error(`${runDirectoryVariable} is unset: vitest.config.ts sets it for a run`);
  return directory;
}

import { coerce, lt } from "semver";
import type { RenderedChange } from "../../../helpers/run/run-record.ts";

/** Of several forms the command line's counts: LiteLLM reads the variables for what the command does not say. */
const flag = /^--num_workers(?:=(?<value>\d+))?$/;

/** The first version with one worker by default; those before have four. */
const firstWithOneWorker = "1.77.7";

interface Workers {
  command: readonly string[] | undefined;
  environment: Readonly<Record<string, string>>;
}

/**
 * LiteLLM's command and environment with at most that many workers. Each worker is a complete LiteLLM, and uvicorn ends
 * one that does not answer within 5 s, as happens while many of them boot on few processors: LiteLLM then never serves.
 * What a start script passes is left as it is.
 *
 * @param most at least 1
 * @returns both as they are to be run, and the change for the report, if any
 */
export function limitWorkers(
  { command, environment }: Workers,
  { most, version, where, why }: { most: number; version: string; where: string; why: string },
): Workers & { changes: RenderedChange[] } {
  const at = command?.findIndex((word) => flag.test(word)) ?? -1;
  const word = command?.[at];
  if (command !== undefined && word !== undefined) {
    const value = flag.exec(word)?.groups?.value;
    const count = Number(value ?? command[at + 1]);
    if (!(count > most)) return { command, environment, changes: [] };
    const limited = value === undefined ? [word, `${most}`] : [`--num_workers=${most}`];
    return {
      environment,
      command: command.toSpliced(at, limited.length, ...limited),
      changes: [{ where: `${where}.command`, what: `--num_workers ${most} in place of ${count}`, why }],
    };
  }
  const variable = ["NUM_WORKERS", "DEFAULT_NUM_WORKERS_LITELLM_PROXY"].find((name) => name in environment);
  const count = variable === undefined ? defaultWorkers(version) : Number(environment[variable]);
  if (!(count > most)) return { command, environment, changes: [] };
  return {
    command,
    environment: { ...environment, NUM_WORKERS: `${most}` },
    changes: [{ where: `${where}.environment`, what: `NUM_WORKERS=${most} in place of ${count}`, why }],
  };
}

function defaultWorkers(version: string): number {
  const known = coerce(version);
  return known !== null && lt(known, firstWithOneWorker) ? 4 : 1;
}

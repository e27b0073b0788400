import { EnvironmentError } from "./errors.ts";

/** What the operator chose for this run: environment variables, parsed once. */
export interface RunConfig {
  /** Folder of the deployment under test (`DEPLOYMENT`). */
  deployment: string;
  /** Versions that replace those of the deployment (`LITELLM_VERSION`, `TRAEFIK_VERSION`, `CODEX_VERSION`). */
  versions: { litellm?: string; traefik?: string; codex?: string };
  images: {
    /** `IMAGES` */
    mode: "auto" | "pull" | "build";
    /** Replaces Docker Hub and ghcr.io, e.g. `127.0.0.1:5000` (`REGISTRY`). */
    registry?: string;
  };
  /** `all` adds the heavy clients (`CLIENTS`). */
  clients: "default" | "all";
  /** Leave the parts running (`KEEP=1`). */
  keep: boolean;
  /** Folder of the report (`REPORTS`). */
  reports: string;
  /** Every deadline is multiplied by this (`DEADLINE_FACTOR`). */
  deadlineFactor: number;
  /** Seed of a random order of the spec files (`GATEWAY_CONFORMANCE_ORDER`). */
  order?: string;
}

let parsed: RunConfig | undefined;

/**
 * The configuration of this process's run, read from the environment at the first call.
 *
 * @throws {EnvironmentError} for a value that is not one of the allowed ones
 */
export function runConfig(): RunConfig {
  parsed ??= parseRunConfig(process.env);
  return parsed;
}

function parseRunConfig(environment: NodeJS.ProcessEnv): RunConfig {
  const { LITELLM_VERSION, TRAEFIK_VERSION, CODEX_VERSION, REGISTRY, GATEWAY_CONFORMANCE_ORDER } = environment;
  const factor = Number(environment.DEADLINE_FACTOR);
  return {
    deployment: environment.DEPLOYMENT ?? "deployments/reference",
    versions: {
      ...(LITELLM_VERSION === undefined ? {} : { litellm: LITELLM_VERSION }),
      ...(TRAEFIK_VERSION === undefined ? {} : { traefik: TRAEFIK_VERSION }),
      ...(CODEX_VERSION === undefined ? {} : { codex: CODEX_VERSION }),
    },
    images: {
      mode: oneOf("IMAGES", environment.IMAGES ?? "auto", ["auto", "pull", "build"]),
      ...(REGISTRY === undefined ? {} : { registry: REGISTRY }),
    },
    clients: oneOf("CLIENTS", environment.CLIENTS ?? "default", ["default", "all"]),
    keep: environment.KEEP === "1",
    reports: environment.REPORTS ?? "reports/latest",
    deadlineFactor: Number.isFinite(factor) && factor > 0 ? factor : 1,
    ...(GATEWAY_CONFORMANCE_ORDER === undefined ? {} : { order: GATEWAY_CONFORMANCE_ORDER }),
  };
}

function oneOf<Value extends string>(variable: string, text: string, allowed: readonly Value[]): Value {
  const value = allowed.find((candidate) => candidate === text);
  if (value !== undefined) return value;
  const choices = `${allowed.slice(0, -1).join(", ")} or ${allowed.at(-1)}`;
  throw new EnvironmentError(`${variable}=${text} is unknown; set it to ${choices}`);
}

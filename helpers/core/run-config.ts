import { resolve } from "node:path";
import { UsageError } from "./errors.ts";
import { displayPath } from "./text/display-path.ts";

/** What the operator chose for a run. Environment variables are parsed into it once; nothing else reads them. */
export interface RunConfig {
  /** Absolute path of the deployment under test (`DEPLOYMENT`). */
  deployment: string;
  /** Versions that replace those of the deployment (`LITELLM_VERSION`, `TRAEFIK_VERSION`, `CODEX_VERSION`). */
  versions: { litellm?: string; traefik?: string; codex?: string };
  images: {
    /** Where images come from (`IMAGES`). */
    mode: ImageSource;
    /** Replaces Docker Hub and ghcr.io, e.g. `127.0.0.1:5000` (`REGISTRY`). */
    registry?: string;
  };
  /** `all` adds the heavy clients of the matrix (`CLIENTS`). */
  clients: "default" | "all";
  /** Leave the parts running (`KEEP=1`). */
  keep: boolean;
  /** Absolute path of the report's folder (`REPORTS`). */
  reports: string;
  /** Every deadline is multiplied by this (`DEADLINE_FACTOR`). */
  deadlineFactor: number;
  /**
   * What becomes of a check that exceeded a time limit on a starved machine, and exceeds one again when it is repeated alone
   * (`STARVED_CHECKS`): `repeat` gives no verdict where the machine is starved then too; `judge` takes that failure as it is.
   */
  starvedChecks: "repeat" | "judge";
  /** Seed of a random order of the spec files (`GATEWAY_CONFORMANCE_ORDER`). */
  order?: string;
}

/** `pull` fails where an image cannot be pulled, `build` never pulls, `auto` pulls what it can and builds the rest. */
export type ImageSource = "auto" | "pull" | "build";

/** A process's environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables that {@link parseRunConfig} reads. */
export const runVariables = [
  "DEPLOYMENT",
  "LITELLM_VERSION",
  "TRAEFIK_VERSION",
  "CODEX_VERSION",
  "IMAGES",
  "REGISTRY",
  "CLIENTS",
  "KEEP",
  "REPORTS",
  "DEADLINE_FACTOR",
  "STARVED_CHECKS",
  "GATEWAY_CONFORMANCE_ORDER",
] as const;

type RunVariable = (typeof runVariables)[number];

const defaults = {
  DEPLOYMENT: "deployments/reference",
  IMAGES: "auto",
  CLIENTS: "default",
  REPORTS: "reports/latest",
  DEADLINE_FACTOR: "1",
  STARVED_CHECKS: "repeat",
} as const satisfies Partial<Record<RunVariable, string>>;

let parsed: RunConfig | undefined;

/**
 * The configuration of this process, parsed at the first call.
 *
 * @throws {UsageError} naming the variable, for a value that is not allowed
 */
export function runConfig(): RunConfig {
  parsed ??= parseRunConfig(process.env);
  return parsed;
}

/**
 * Parses environment variables. An empty value counts as unset. Paths are relative to the working directory.
 *
 * @throws {UsageError} naming the variable, for a value that is not allowed
 */
export function parseRunConfig(environment: Environment): RunConfig {
  const value = (variable: RunVariable): string | undefined => environment[variable] || undefined;
  const litellm = version("LITELLM_VERSION", value("LITELLM_VERSION"), "1.106.2");
  const traefik = version("TRAEFIK_VERSION", value("TRAEFIK_VERSION"), "3.7.15");
  const codex = version("CODEX_VERSION", value("CODEX_VERSION"), "0.169.0");
  const registry = value("REGISTRY");
  const order = value("GATEWAY_CONFORMANCE_ORDER");
  return {
    deployment: resolve(value("DEPLOYMENT") ?? defaults.DEPLOYMENT),
    versions: {
      ...(litellm === undefined ? {} : { litellm }),
      ...(traefik === undefined ? {} : { traefik }),
      ...(codex === undefined ? {} : { codex }),
    },
    images: {
      mode: oneOf("IMAGES", value("IMAGES") ?? defaults.IMAGES, ["auto", "pull", "build"]),
      ...(registry === undefined ? {} : { registry }),
    },
    clients: oneOf("CLIENTS", value("CLIENTS") ?? defaults.CLIENTS, ["default", "all"]),
    keep: oneOf("KEEP", value("KEEP") ?? "0", ["0", "1"]) === "1",
    reports: resolve(value("REPORTS") ?? defaults.REPORTS),
    deadlineFactor: positive("DEADLINE_FACTOR", value("DEADLINE_FACTOR") ?? defaults.DEADLINE_FACTOR),
    starvedChecks: oneOf("STARVED_CHECKS", value("STARVED_CHECKS") ?? defaults.STARVED_CHECKS, ["repeat", "judge"]),
    ...(order === undefined ? {} : { order }),
  };
}

/**
 * The variables that {@link parseRunConfig} parses into this configuration, without those that have their default value.
 * Paths below the working directory are relative to it.
 */
export function environmentOf(config: RunConfig): Record<string, string> {
  const { versions, images } = config;
  const variables: Readonly<Record<RunVariable, string | undefined>> = {
    DEPLOYMENT: displayPath(config.deployment),
    LITELLM_VERSION: versions.litellm,
    TRAEFIK_VERSION: versions.traefik,
    CODEX_VERSION: versions.codex,
    IMAGES: images.mode,
    REGISTRY: images.registry,
    CLIENTS: config.clients,
    KEEP: config.keep ? "1" : undefined,
    REPORTS: displayPath(config.reports),
    DEADLINE_FACTOR: String(config.deadlineFactor),
    STARVED_CHECKS: config.starvedChecks,
    GATEWAY_CONFORMANCE_ORDER: config.order,
  };
  const standard: Partial<Record<RunVariable, string>> = defaults;
  return Object.fromEntries(
    runVariables.flatMap((name) => {
      const value = variables[name];
      return value === undefined || value === standard[name] ? [] : [[name, value]];
    }),
  );
}

/**
 * The factor of every deadline: a constant of the process, because the deadlines are. 1 for a value that is not allowed;
 * {@link runConfig}, which every command calls first, reports it.
 */
export const deadlineFactor = factorOf(process.env.DEADLINE_FACTOR) ?? 1;

/** A version as packages name it, without the `v` of a tag. */
function version(variable: RunVariable, text: string | undefined, example: string): string | undefined {
  const written = text?.replace(/^v(?=\d)/, "");
  if (written === undefined || /^\d+(?:\.\d+)*(?:[-.+]?[A-Za-z][\w.-]*)?$/.test(written)) return written;
  throw new UsageError(`${variable}=${text} is not a version; set it to ${example}, for example`);
}

function positive(variable: RunVariable, text: string): number {
  const factor = factorOf(text);
  if (factor === undefined)
    throw new UsageError(`${variable}=${text} is not a positive number; set it to 2, for example`);
  return factor;
}

function factorOf(text: string | undefined): number | undefined {
  const factor = Number(text);
  return Number.isFinite(factor) && factor > 0 ? factor : undefined;
}

function oneOf<Value extends string>(variable: RunVariable, text: string, allowed: readonly Value[]): Value {
  const value = allowed.find((candidate) => candidate === text);
  if (value !== undefined) return value;
  const choices = `${allowed.slice(0, -1).join(", ")} or ${allowed.at(-1)}`;
  throw new UsageError(`${variable}=${text} is unknown; set it to ${choices}`);
}

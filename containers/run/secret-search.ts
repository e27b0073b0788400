import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { displayPath } from "../../helpers/core/display-path.ts";
import { secretForms } from "../../helpers/core/redaction.ts";
import type { Deployment, SecretPlace } from "../../helpers/deployment/types.ts";
import type { Leak } from "../../helpers/run/run-record.ts";
import type { Engine } from "../engine/engine.ts";
import { execute, type PartHandle, readLog } from "../parts/part.ts";
import { rawData } from "../parts/traefik.ts";

/** Somewhere that a secret may be seen, and what can be read there. */
interface Source {
  /** For the reader: `label traefik.http.… of litellm`. */
  name: string;
  text: string;
  /** The policy's name for the place; undefined where no secret may ever be. */
  location: SecretPlace | undefined;
}

/** Files larger than this are no text of ours, in bytes. */
const largestFile = 50_000_000;

/**
 * Searches everything that a run has and has written for its secrets: labels, commands, environments and logs of every
 * part, Traefik's API, a dump of each database, and the run's directory; of services that no run starts, what
 * compose.yaml gives them. Each secret is a canary, so a hit is a leak unless the policy allows the place. Values never
 * leave this function.
 *
 * @param directory the run's directory
 */
export async function findLeaks(
  engine: Engine,
  parts: readonly PartHandle[],
  deployment: Deployment,
  secrets: ReadonlyMap<string, string>,
  directory: string,
): Promise<{ leaks: Leak[]; searched: number }> {
  const { policy } = deployment;
  const read = [...parts.map((part) => sourcesOfPart(engine, part, policy.services.traefik)), filesOf(directory)];
  const sources = [...(await Promise.all(read)).flat(), ...sourcesOfOtherServices(deployment)];
  const leaks: Leak[] = [];
  for (const { name, text, location } of sources) {
    for (const [secret, form] of secretForms(secrets)) {
      if (!text.includes(form)) continue;
      const allowed = policy.secrets.find((one) => one.name === secret)?.mayBeIn ?? [];
      // Two variables may share one value: where either may be, it may.
      const twins = policy.secrets.filter((one) => secrets.get(one.name) === secrets.get(secret));
      const permitted =
        location !== undefined && [...allowed, ...twins.flatMap((one) => one.mayBeIn)].includes(location);
      if (!permitted && !leaks.some((leak) => leak.secret === secret && leak.location === name)) {
        leaks.push({ secret, location: name });
      }
    }
  }
  return { leaks, searched: sources.length };
}

/** What compose.yaml gives the services that the suite does not start, or starts in a form of its own. */
function sourcesOfOtherServices({ compose, policy }: Deployment): Source[] {
  const { litellm, traefik } = policy.services;
  return [...compose.services.values()].flatMap(({ name, environment, labels, command }) => {
    if (name === litellm || name === traefik) return [];
    const of = `of the service ${name}`;
    return [
      ...[...environment].map(([variable, { value, location }]) => ({
        name: `${variable} in the environment ${of} (${displayPath(location.file)}:${location.line})`,
        text: value,
        location: `${name}.environment` as const,
      })),
      ...[...labels.values()].map(({ value, location }) => ({
        name: `a label ${of} (${displayPath(location.file)}:${location.line})`,
        text: value,
        location: "traefik.labels" as const,
      })),
      { name: `the command ${of}`, text: (command ?? []).join(" "), location: undefined },
    ];
  });
}

/** @param traefik what compose.yaml calls Traefik */
async function sourcesOfPart(engine: Engine, part: PartHandle, traefik: string): Promise<Source[]> {
  // `upstreams` is LiteLLM's image and environment once more, where its stdio servers are asked directly.
  const environmentPlaces: Readonly<Record<string, SecretPlace>> = {
    litellm: "litellm.environment",
    upstreams: "litellm.environment",
    traefik: `${traefik}.environment`,
  };
  const [inspected, log] = await Promise.all([
    engine.docker.getContainer(part.containerId).inspect(),
    readLog(engine, part.containerId),
  ]);
  const { Config: config } = inspected;
  const of = `of ${part.rig}/${part.name}`;
  const sources: Source[] = [
    ...Object.entries(config.Labels ?? {}).map(([label, text]) => ({
      name: `label ${label} ${of}`,
      text,
      location: "traefik.labels" as const,
    })),
    { name: `the command ${of}`, text: JSON.stringify([config.Entrypoint, config.Cmd]), location: undefined },
    { name: `the log ${of}`, text: log, location: undefined },
  ];
  // The database's own password has to stand there: the suite starts it. What the operator's own is given, the other
  // services' sources hold.
  if (!part.name.startsWith("postgres")) {
    const location = environmentPlaces[part.name];
    for (const line of config.Env ?? []) {
      sources.push({ name: `${line.split("=")[0]} in the environment ${of}`, text: line, location });
    }
  }
  if (part.name === "traefik")
    sources.push({ name: `Traefik's API ${of}`, text: (await rawData(part)).text, location: "traefik.api" });
  if (part.name.startsWith("postgres"))
    sources.push({ name: `the database ${of}`, text: await dump(engine, part), location: undefined });
  return sources;
}

async function dump(engine: Engine, part: PartHandle): Promise<string> {
  const command = 'pg_dumpall --no-role-passwords -U "$POSTGRES_USER" -d "postgresql:///$POSTGRES_DB"';
  const { exitCode, stdout, stderr } = await execute(engine, part.containerId, ["sh", "-c", command]);
  // An empty dump would hide everything.
  if (exitCode !== 0 || stdout === "") throw new Error(`the database could not be dumped: ${stderr.trim()}`);
  return stdout;
}

async function filesOf(directory: string): Promise<Source[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return await Promise.all(
    files.map(async (file) => {
      const content = await readFile(file);
      const text = content.length > largestFile ? "" : content.toString("latin1");
      return { name: `reports: ${relative(directory, file)}`, text, location: undefined };
    }),
  );
}

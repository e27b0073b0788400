import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { displayPath } from "../../helpers/core/text/display-path.ts";
import { secretForms, tokensIn } from "../../helpers/core/text/redaction.ts";
import type { Written } from "../../helpers/deployment/source/location.ts";
import type { Deployment, SecretPlace, SourceLocation } from "../../helpers/deployment/types.ts";
import type { Leak } from "../../helpers/run/run-record.ts";
import type { Engine } from "../engine/engine.ts";
import { execute } from "../parts/container-command.ts";
import { readLog } from "../parts/container-log.ts";
import { rawData } from "../parts/deployment/traefik.ts";
import { partOfService } from "../parts/deployment/upstream-services.ts";
import type { PartHandle } from "../parts/part.ts";
import { secondReplica } from "../rigs/gateway-networks.ts";

/** A place where a secret may be visible, and the text found there. */
interface Source {
  /** For the report, e.g. `label traefik.http.… of litellm`. */
  name: string;
  text: string;
  /** The policy's name of the place; undefined where no secret is ever allowed. */
  location: SecretPlace | undefined;
  /** The line of the deployment that puts a value into the text; undefined where no line of it does. */
  lineOf?: (value: string) => SourceLocation | undefined;
}

/** In bytes: larger files are not written by the suite, and are not searched. */
const largestFile = 50_000_000;

/**
 * Searches everything that a run has and has written for its secrets: labels, commands, environments and logs of every
 * part, Traefik's API, a dump of each database, and the run's directory; for services that no run starts, their values in
 * compose.yaml. Each secret is a canary, so a match is a leak unless the policy allows the place; so is every token of the
 * policy's issuer. Values never leave this function.
 *
 * @param directory the run's directory
 * @returns the leaks, and how many texts were searched
 * @throws {Error} when a part or a database cannot be read
 */
export async function findLeaks(
  engine: Engine,
  parts: readonly PartHandle[],
  deployment: Deployment,
  secrets: ReadonlyMap<string, string>,
  directory: string,
): Promise<{ leaks: Leak[]; searched: number }> {
  const { policy } = deployment;
  const places = environmentPlaces(deployment);
  const read = [
    ...parts.map((part) => sourcesOfPart(engine, part, places.get(part.name), deployment)),
    filesOf(directory),
  ];
  const found = [...(await Promise.all(read)).flat(), ...sourcesOfOtherServices(deployment)];
  // Traefik's API repeats the labels, which say more.
  const isRepeated = ({ location }: Source): number => Number(location === "traefik.api");
  const sources = found.toSorted((one, other) => isRepeated(one) - isRepeated(other));
  // A secret that a file has as text is out of place by itself: whoever reads the repository has it.
  const leaks: Leak[] = deployment.literals.map(({ name: secret, location: at }) => ({
    secret,
    location: `written into ${displayPath(at.file)}:${at.line}`,
    at,
    isLiteral: true,
  }));
  const issuer = policy.authorization?.issuer;
  for (const { name, text, location, lineOf } of sources) {
    if (issuer !== undefined && tokensIn(text, issuer).length > 0)
      leaks.push({ secret: "a token of a login", location: name });
    for (const [secret, form] of secretForms(secrets)) {
      if (!text.includes(form)) continue;
      const allowed = policy.secrets.find((one) => one.name === secret)?.mayBeIn ?? [];
      // Two secrets may have one value, which is then allowed wherever either of them is.
      const sameValue = policy.secrets.filter((one) => secrets.get(one.name) === secrets.get(secret));
      const permitted =
        location !== undefined && [...allowed, ...sameValue.flatMap((one) => one.mayBeIn)].includes(location);
      if (permitted) continue;
      const at = lineOf?.(form);
      // One line puts its value into the environment of every part that runs the service.
      const isKnown = leaks.some(
        (leak) => leak.secret === secret && (leak.location === name || (at !== undefined && isSameLine(leak.at, at))),
      );
      if (!isKnown) leaks.push({ secret, location: name, ...(at === undefined ? {} : { at }) });
    }
  }
  return { leaks, searched: sources.length };
}

function isSameLine(one: SourceLocation | undefined, other: SourceLocation): boolean {
  return one?.file === other.file && one.line === other.line;
}

/** The values in compose.yaml of the services that the suite does not start, or replaces by a part of its own. */
function sourcesOfOtherServices({ compose, policy }: Deployment): Source[] {
  const { litellm, traefik } = policy.services;
  return [...compose.services.values()].flatMap(({ name, environment, labels, command, commandWords }) => {
    if (name === litellm || name === traefik) return [];
    const of = `of the service ${name}`;
    return [
      ...[...environment].map(([variable, { value, location }]) => ({
        name: `${variable} in the environment ${of} (${displayPath(location.file)}:${location.line})`,
        text: value,
        location: `${name}.environment` as const,
        lineOf: () => location,
      })),
      ...[...labels.values()].map(({ value, location }) => ({
        name: `a label ${of} (${displayPath(location.file)}:${location.line})`,
        text: value,
        location: "traefik.labels" as const,
        lineOf: () => location,
      })),
      {
        name: `the command ${of}`,
        text: (command ?? []).join(" "),
        location: `${name}.command` as const,
        lineOf: lineAmong(commandWords),
      },
    ];
  });
}

/** The policy's name of each part's environment, for the parts that run a service of the deployment. */
function environmentPlaces({ compose, traefik }: Deployment): Map<string, SecretPlace> {
  const services = [...compose.services.values()].map(
    ({ key, name }) => [partOfService(key), `${name}.environment`] as const,
  );
  return new Map<string, SecretPlace>([
    ...services,
    ["litellm", "litellm.environment"],
    [secondReplica, "litellm.environment"],
    // It has LiteLLM's image and environment too: there the stdio servers are called directly.
    ["upstreams", "litellm.environment"],
    ...(traefik === undefined ? [] : [["traefik", `${traefik.name}.environment`] as const]),
  ]);
}

/** @param environment the policy's name of the part's environment */
async function sourcesOfPart(
  engine: Engine,
  part: PartHandle,
  environment: SecretPlace | undefined,
  { compose, traefikModel }: Pick<Deployment, "compose" | "traefikModel">,
): Promise<Source[]> {
  const services = [...compose.services.values()];
  const service = services.find(({ name }) => `${name}.environment` === environment);
  const labels = [...services.flatMap((one) => [...one.labels.values()]), ...(traefikModel?.dynamicOptions ?? [])];
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
      lineOf: lineAmong(labels),
    })),
    {
      name: `the command ${of}`,
      text: JSON.stringify([config.Entrypoint, config.Cmd]),
      location: environment === undefined ? undefined : commandPlace(environment),
      lineOf: lineAmong(service?.commandWords ?? []),
    },
    {
      name: `the log ${of}`,
      text: log,
      location: undefined,
      lineOf: () => (part.name === "traefik" ? (loggedHeaders(traefikModel) ?? debugLevel(traefikModel)) : undefined),
    },
  ];
  // The suite's own database needs its password in the environment. That of the operator's database service is searched
  // with the other services.
  if (!part.name.startsWith("postgres")) {
    for (const line of config.Env ?? []) {
      const variable = line.split("=")[0] ?? "";
      const lineOf = (): SourceLocation | undefined => service?.environment.get(variable)?.location;
      sources.push({ name: `${variable} in the environment ${of}`, text: line, location: environment, lineOf });
    }
  }
  if (part.name === "traefik")
    sources.push({
      name: `Traefik's API ${of}`,
      text: (await rawData(part)).text,
      location: "traefik.api",
      lineOf: lineAmong(labels),
    });
  if (part.name.startsWith("postgres"))
    sources.push({ name: `the database ${of}`, text: await dump(engine, part), location: undefined });
  return sources;
}

/** The location of the first value with a secret in it. */
function lineAmong(values: readonly Written<string>[]): (secret: string) => SourceLocation | undefined {
  return (secret) => values.find(({ value }) => value.includes(secret))?.location;
}

/** The option by which Traefik writes headers of requests, and so keys, into its access log. */
function loggedHeaders(model: Deployment["traefikModel"]): SourceLocation | undefined {
  const isOfHeaders = (path: readonly string[]): boolean => /^accesslog\.fields\.headers\./i.test(path.join("."));
  return model?.static.options.find(({ path, value }) => isOfHeaders(path) && value.toLowerCase() === "keep")?.location;
}

/** The option by which Traefik writes every label and middleware into its log. */
function debugLevel(model: Deployment["traefikModel"]): SourceLocation | undefined {
  return model?.static.options.find(
    ({ path, value }) => /^log\.level$/i.test(path.join(".")) && /^(?:debug|trace)$/i.test(value),
  )?.location;
}

/** The policy's name of the command line of the service whose environment it names. */
function commandPlace(environment: SecretPlace): SecretPlace {
  return `${environment.replace(/\.environment$/, "")}.command`;
}

async function dump(engine: Engine, part: PartHandle): Promise<string> {
  const command = 'pg_dumpall --no-role-passwords -U "$POSTGRES_USER" -d "postgresql:///$POSTGRES_DB"';
  const { exitCode, stdout, stderr } = await execute(engine, part.containerId, ["sh", "-c", command]);
  // An empty dump would hide every leak.
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

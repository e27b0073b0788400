import { isIP } from "node:net";
import { basename } from "node:path";
import { nearest } from "../../core/text/nearest.ts";
import type { ComposeFile, ComposeService } from "../compose/types.ts";
import { extraHosts, linkedNamesOf, namesOf } from "../services/hosts.ts";
import { isPostgres, type NewDatabase, newDatabase, postgresPort } from "../services/postgres-image.ts";
import { valueOfUnset } from "../source/literal-secrets.ts";
import type { NoteList } from "../source/note-list.ts";
import type { Deployment } from "../types.ts";
import { type LiteLLMDatabase, liteLLMDatabase } from "./database.ts";

/** What the functions here look at. */
type Looked = Pick<Deployment, "compose" | "litellm" | "litellmConfig" | "facts" | "policy">;

/** The variables that the parts of LiteLLM's URL are in. */
type UrlVariables = Readonly<Record<"host" | "user" | "password" | "name", string>>;

const singleVariables: UrlVariables = {
  host: "DATABASE_HOST",
  user: "DATABASE_USERNAME",
  password: "DATABASE_PASSWORD",
  name: "DATABASE_NAME",
};

/**
 * Notes where the URL of LiteLLM's database does not agree with the compose service that it names: a run builds its PostgreSQL by
 * that URL, so that no check can see it. Without a note where something else than the compose files may decide.
 */
export function noteDatabase(deployment: Looked, notes: NoteList): void {
  const { compose, litellm } = deployment;
  const database = databaseAsWritten(deployment);
  if (database === undefined || isMadeElsewhere(database, deployment)) return;
  const host = database.url.hostname.toLowerCase();
  if (host === "" || host === "localhost" || host.includes(".") || host.includes(":") || isIP(host) !== 0) return;
  const named = [...compose.services.values()].filter((service) => allNamesOf(compose, service).includes(host));
  if (named.length === 0) {
    noteHost(database, host, deployment, notes);
    return;
  }
  const [server, ...others] = named.filter((service) => shareNetwork(service, litellm));
  if (server === undefined || others.length > 0 || !isPostgres(server)) return;
  notePort(database, server, deployment, notes);
  noteCredentials(database, server, deployment, notes);
}

/** Whether a service is the one that the URL of LiteLLM's database names. */
export function isLiteLLMsDatabase({ compose, litellm, litellmConfig }: Looked, service: ComposeService): boolean {
  const host = liteLLMDatabase(litellmConfig)?.url.hostname.toLowerCase();
  return host !== undefined && shareNetwork(service, litellm) && allNamesOf(compose, service).includes(host);
}

/** The database with the secrets that the operator wrote: those of a run differ for a URL and its password. */
function databaseAsWritten({ facts, litellm, litellmConfig: { document } }: Looked): LiteLLMDatabase | undefined {
  const environment = facts.composeAsWritten?.services.get(litellm.key)?.environment;
  return environment === undefined ? undefined : liteLLMDatabase({ environment, document });
}

/** Whether more than the compose files decides where LiteLLM finds its database: a script, a token of a cloud, a made-up URL. */
function isMadeElsewhere({ url, ...database }: LiteLLMDatabase, deployment: Looked): boolean {
  const { litellm, litellmConfig } = deployment;
  const { environment } = litellmConfig;
  const names = [...Object.values(variablesOf(database)), database.variable ?? ""];
  const isScripted = names.some((name) => environment.get(name) !== litellm.environment.get(name));
  const hasToken = /^true$/i.test(environment.get("IAM_TOKEN_DB_AUTH")?.value ?? "");
  const isSocket = url.searchParams.has("host");
  const isWhole = url.password === "placeholder" || isMadeUp(`@${url.host}`, deployment);
  return isScripted || hasToken || isSocket || isWhole || litellm.networkMode !== undefined;
}

/** A host that no service has. */
function noteHost(database: LiteLLMDatabase, host: string, deployment: Looked, notes: NoteList): void {
  const { compose, litellm } = deployment;
  const isInactive = [...compose.inactive.values()].some(({ name }) => name === host);
  if (isInactive || extraHosts(litellm).includes(host)) return;
  const { host: variable } = variablesOf(database);
  const hasUnknownNeighbours = [...litellm.networks.keys()].some((key) => compose.networks.get(key)?.external === true);
  const likely = [...compose.services.values()].filter(
    (service) => isPostgres(service) && shareNetwork(service, litellm) && isLiteLLMs(service, deployment),
  );
  const own = hasUnknownNeighbours ? likely.filter(({ key }) => litellm.dependsOn.has(key)) : likely;
  const meant = nearest(host, own.flatMap(namesOf));
  const at = locationOf(variable, database, deployment);
  if (meant !== undefined)
    notes.add(
      "finding",
      at,
      `${variable} names the host '${host}', and no service of the compose files has this name`,
      "LiteLLM does not find its database",
      `write '${meant}'`,
      "stops",
    );
  else if (!hasUnknownNeighbours)
    notes.add(
      "not-proved",
      at,
      `${variable} names the host '${host}', and no service of the compose files has this name`,
      "the run has a PostgreSQL of its own under this name, so nothing shows whether LiteLLM finds the host",
      "if it is a service of the compose files, write the service's name",
    );
}

/** Whether a server may be meant for LiteLLM: LiteLLM waits for it, or no other service does. */
function isLiteLLMs({ key }: ComposeService, { compose, litellm }: Looked): boolean {
  return litellm.dependsOn.has(key) || [...compose.services.values()].every(({ dependsOn }) => !dependsOn.has(key));
}

function notePort(database: LiteLLMDatabase, server: ComposeService, deployment: Looked, notes: NoteList): void {
  const port = database.url.port || "5432";
  const right = postgresPort(server);
  if (right === undefined || right === port) return;
  const { host: variable } = variablesOf(database);
  const isPublished = server.ports.some(({ host }) => String(host) === port);
  notes.add(
    "finding",
    locationOf(variable, database, deployment),
    `${variable} names port ${port} of ${server.name}, which listens on ${right}`,
    isPublished
      ? `LiteLLM does not reach its database: ${port} is the port that the gateway host publishes`
      : "LiteLLM does not reach its database",
    `write ${database.url.hostname}:${right}`,
    "stops",
  );
}

/** Compares the URL's user, password and database with what the server's image makes. */
function noteCredentials(database: LiteLLMDatabase, server: ComposeService, deployment: Looked, notes: NoteList): void {
  const other = deployment.facts.composeAsWritten?.services.get(server.key);
  // In a URL that is in LiteLLM's config itself, the run has replaced the secrets already.
  const written = database.variable === undefined ? undefined : writtenIn(database.url);
  if (other === undefined || written === undefined || isMadeUp(written.password, deployment)) return;
  const made = newDatabase(other);
  const names = variablesOf(database);
  const hasUser = written.user === made.user;
  const passwords = comparePasswords(written.password, made.password ?? "", deployment);
  const at = (name: string) => locationOf(name, database, deployment);
  if (isAnother(written.user, made.user) && (passwords === "same" || isNear(written.user, made.user)))
    notes.add(
      "finding",
      at(names.user),
      `${names.user} names the user '${written.user}', and ${server.name} makes '${made.user}' in a new database`,
      "a new database has no other user: it refuses LiteLLM",
      `write '${made.user}', or set POSTGRES_USER of ${server.name} to '${written.user}'`,
      "stops",
    );
  if (hasUser && passwords === "different")
    notes.add(
      "finding",
      at(names.password),
      `the password in ${names.password} is not the POSTGRES_PASSWORD of ${server.name}`,
      "a new database has the password of POSTGRES_PASSWORD: it refuses LiteLLM",
      "use the same variable in both",
      "stops",
    );
  if (hasUser && passwords === "unknown")
    notes.add(
      "not-proved",
      at(names.password),
      `the password in ${names.password} and the POSTGRES_PASSWORD of ${server.name} are variables that no file sets`,
      "a new database refuses LiteLLM where their values differ",
      "use the same variable in both",
    );
  // Prisma makes a database that does not exist, where LiteLLM makes its tables itself.
  if (hasUser && isAnother(written.name, made.name) && isNear(written.name, made.name))
    notes.add(
      "finding",
      at(names.name),
      `${names.name} names the database '${written.name}', and ${server.name} makes '${made.name}' in a new volume`,
      `LiteLLM does not use '${made.name}': it makes '${written.name}' with empty tables, or does not start if it may not`,
      `write '${made.name}' in both`,
    );
}

/** The parts of a URL; undefined where one is missing, or not encoded as in a URL. */
function writtenIn({ username, password, pathname }: URL): Record<keyof NewDatabase, string> | undefined {
  try {
    const [user, secret, name] = [username, password, pathname.slice(1)].map(decodeURIComponent);
    return user && secret && name ? { user, password: secret, name } : undefined;
  } catch {
    return undefined;
  }
}

/** How two passwords compare; undefined where that can't be said. `unknown`: each is a variable of its own, and no file sets either. */
function comparePasswords(
  one: string,
  other: string,
  deployment: Looked,
): "same" | "different" | "unknown" | undefined {
  if (other === "" || isMadeUp(other, deployment)) return undefined;
  if (one === other) return "same";
  const areUnset = [one, other].map((value) => value.includes(valueOfUnset("")));
  if (areUnset.every((isUnset) => isUnset)) return "unknown";
  return areUnset.includes(true) ? undefined : "different";
}

/** Whether the value on the gateway host is another one: it is a placeholder, the policy's, or that of an example of an env file. */
function isMadeUp(value: string, { facts, policy }: Looked): boolean {
  const examples = [...(facts.originals ?? facts.variables).values()].filter(({ location }) =>
    /example|sample|template|dist/i.test(basename(location.file)),
  );
  const madeUp = [...policy.variables.values(), ...examples];
  return (
    isPlaceholder(value) ||
    madeUp.some(({ value: text }) => text.includes(value) || text.includes(encodeURIComponent(value)))
  );
}

function isPlaceholder(value: string): boolean {
  return /placeholder/i.test(value);
}

function isAnother(one: string, other: string | undefined): other is string {
  return other !== undefined && one !== other && !/\$|placeholder/i.test(other) && !other.includes(valueOfUnset(""));
}

function isNear(one: string, other: string): boolean {
  return nearest(one, [other]) !== undefined;
}

function variablesOf({ namedBy, variable }: Pick<LiteLLMDatabase, "namedBy" | "variable">): UrlVariables {
  if (namedBy === "DATABASE_HOST") return singleVariables;
  const name = variable ?? namedBy;
  return { host: name, user: name, password: name, name };
}

/** Where a variable of LiteLLM's, or its config's own URL, is written. */
function locationOf(variable: string, { namedBy }: LiteLLMDatabase, { litellm, litellmConfig }: Looked) {
  const inConfig = litellmConfig.texts.find(({ path }) => path.join(".") === namedBy)?.value;
  return (litellmConfig.environment.get(variable) ?? inConfig ?? litellm).location;
}

/** In lower case, as names are compared. Swarm and older versions of compose add the project's name. */
function allNamesOf(compose: ComposeFile, service: ComposeService): string[] {
  const { project, name } = service;
  const names = [...namesOf(service), ...linkedNamesOf(compose, service), `${project}_${name}`, `${project}_${name}_1`];
  return names.map((one) => one.toLowerCase());
}

function shareNetwork(one: ComposeService, other: ComposeService): boolean {
  return [...one.networks.keys()].some((key) => other.networks.has(key));
}

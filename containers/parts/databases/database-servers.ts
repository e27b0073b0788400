import { isIP } from "node:net";
import { type LiteLLMDatabase, liteLLMDatabase } from "../../../helpers/deployment/litellm/database.ts";
import { extraHosts, serviceAt } from "../../../helpers/deployment/services/hosts.ts";
import { slug } from "../../../helpers/deployment/services/slug.ts";
import type { ComposeService, Deployment } from "../../../helpers/deployment/types.ts";

/** One database on a server, with its user, as a URL of the deployment names it. */
export interface ServedDatabase {
  name: string;
  user: string;
  password: string;
  /** True for LiteLLM's own. */
  isLiteLLMs: boolean;
}

/** A PostgreSQL that the deployment's URLs name, and the part that runs it. */
export interface DatabaseServer {
  /** Name of the part. */
  part: string;
  /** The name by which the URLs find it. */
  host: string;
  port: string;
  /** The compose service of that name; undefined for a server outside of the deployment. */
  service: ComposeService | undefined;
  /** At least one. Those of upstreams come first. */
  databases: readonly ServedDatabase[];
}

/**
 * The host by which LiteLLM finds its own database in a rig: the URL's, or another name for an address and for a name that the
 * service's `extra_hosts` has an address for, because a rig's networks have addresses of their own.
 */
export function databaseHost({ url }: Pick<LiteLLMDatabase, "url">, litellm: ComposeService): string {
  return isAddress(url.hostname, litellm) ? "litellm-database" : url.hostname;
}

function isAddress(hostname: string, litellm: ComposeService): boolean {
  const isOwn = isIP(hostname.replace(/^\[(.*)\]$/, "$1")) !== 0 || hostname === "localhost" || hostname === "";
  return isOwn || extraHosts(litellm).includes(hostname);
}

/** Values of `sslmode` that a server without TLS satisfies. */
const withoutTls: readonly (string | null)[] = [null, "disable", "allow", "prefer"];

/** A database's URL in a rig, whose servers have no TLS. */
export function urlInRig(written: URL, host: string): URL {
  const url = new URL(written);
  url.hostname = host;
  if (!withoutTls.includes(url.searchParams.get("sslmode"))) url.searchParams.set("sslmode", "disable");
  return url;
}

/** An upstream's database. */
export interface UpstreamDatabase {
  /** Name of the upstream. */
  upstream: string;
  /** Its URL as the upstream gets it. */
  text: string;
  url: URL;
  /** The host by which the upstream finds it in a rig, as {@link databaseHost}. */
  host: string;
}

/** The databases that the policy names for upstreams. */
export function upstreamDatabases({ policy, variables, litellm, litellmConfig }: Deployment): UpstreamDatabase[] {
  const own = liteLLMDatabase(litellmConfig)?.url;
  return policy.upstreams.flatMap(({ name, database }) => {
    const text = database === undefined ? undefined : variables.get(database.variable)?.value;
    const url = text === undefined ? null : URL.parse(text);
    if (text === undefined || url === null) return [];
    const shared = own?.hostname === url.hostname ? databaseHost({ url: own }, litellm) : undefined;
    const named = isAddress(url.hostname, litellm)
      ? `database-${slug(url.hostname).replaceAll(".", "-") || "local"}`
      : url.hostname;
    return [{ upstream: name, text, url, host: shared ?? named }];
  });
}

/** The PostgreSQL servers that the deployment's upstreams and its LiteLLM use, each once. */
export function databaseServers(deployment: Deployment): DatabaseServer[] {
  const servers = new Map<string, DatabaseServer & { databases: ServedDatabase[] }>();
  const add = (url: URL, host: string, isLiteLLMs: boolean): void => {
    const port = url.port || "5432";
    const server = servers.get(`${host}:${port}`) ?? {
      part: partName(servers.size, isLiteLLMs),
      host,
      port,
      service: serviceAt(deployment.compose, host, deployment.litellm),
      databases: [],
    };
    servers.set(`${host}:${port}`, server);
    const database = databaseOf(url, isLiteLLMs);
    if (!server.databases.some(({ name, user }) => name === database.name && user === database.user))
      server.databases.push(database);
  };
  for (const { url, host } of upstreamDatabases(deployment)) add(url, host, false);
  const own = liteLLMDatabase(deployment.litellmConfig);
  if (own !== undefined) add(own.url, databaseHost(own, deployment.litellm), true);
  return [...servers.values()];
}

function partName(index: number, isLiteLLMs: boolean): string {
  if (isLiteLLMs) return "postgres-litellm";
  return index === 0 ? "postgres" : `postgres-${index + 1}`;
}

function databaseOf({ username, password, pathname }: URL, isLiteLLMs: boolean): ServedDatabase {
  return {
    name: decodeURIComponent(pathname.slice(1)) || "postgres",
    user: decodeURIComponent(username) || "postgres",
    password: decodeURIComponent(password),
    isLiteLLMs,
  };
}

import type { VariableUse } from "./variable-uses.ts";

/** Servers of a compose project that a placeholder may name. */
export interface KnownServers {
  postgres: string | undefined;
  redis: string | undefined;
  /** The port at which Traefik is sent to LiteLLM. */
  litellmPort: string | undefined;
  /** A certificate resolver of Traefik's; with a variable where its name has one. */
  certResolver: string | undefined;
}

/**
 * Makes up values that a program accepts for variables that no file sets. Two addresses are never the same; a domain is one for
 * all compose projects.
 */
export class Placeholders {
  #addresses = 0;
  readonly #domains = new Map<string, string>();
  readonly #keysInConfigs: ReadonlyMap<string, readonly string[]>;

  /** @param keysInConfigs the keys of LiteLLM's configs that read a variable, by its name */
  constructor(keysInConfigs: ReadonlyMap<string, readonly string[]> = new Map()) {
    this.#keysInConfigs = keysInConfigs;
  }

  /** @param use where it is used; undefined for a variable that LiteLLM's config names */
  value(name: string, use: Pick<VariableUse, "role" | "fills"> | undefined, servers: KnownServers): string {
    const { kind } = use?.role ?? {};
    if (kind !== "host" && kind !== "domain") return this.#make(name, use, servers);
    const value = this.#domains.get(name) ?? this.#make(name, use, servers);
    this.#domains.set(name, value);
    return value;
  }

  #make(name: string, use: Pick<VariableUse, "role" | "fills"> | undefined, servers: KnownServers): string {
    const role = use?.role ?? { kind: "text" };
    switch (role.kind) {
      case "host":
        return `${slug(name)}.example.test`;
      case "domain":
        return "example.test";
      case "address":
        return isOfOutside.test(name) ? this.#address("192.0.2") : this.#address("192.168.0");
      case "peer":
        return this.#address("192.0.2");
      case "duration":
        return "10s";
      case "port":
        return String(role.container);
      case "tag":
        return /litellm/i.test(role.image) ? "main-stable" : "latest";
      case "path":
      case "mount":
        return `./${slug(name)}`;
      case "users":
        return role.isWhole ? basicAuthUser : `placeholder-${slug(name)}`;
      case "label":
      case "text":
        if (this.#isUrlInConfig(name, use?.fills ?? [])) {
          const named = byNames(name, use?.fills ?? [], servers) ?? "";
          return /^\w+:\/\//.test(named) ? named : anyUrl;
        }
        if (/(?:^|_)(?:IPS?|ADDR|ADDRESS)$/i.test(name)) return this.#address("192.0.2");
        return use !== undefined && role.kind === "text" && isPlainSecret.test(name)
          ? `placeholder-${slug(name)}`
          : (byNames(name, use?.fills ?? [], servers) ?? `placeholder-${slug(name)}`);
    }
  }

  /** Whether LiteLLM's config reads a variable as a URL: a server with any other text can list no tool. */
  #isUrlInConfig(name: string, fills: readonly string[]): boolean {
    const keys = [name, ...fills].flatMap((one) => this.#keysInConfigs.get(one) ?? []);
    return keys.some((key) => isUrlKey.test(key));
  }

  /** @param block one that RFC 1918 keeps for a LAN, or RFC 5737 for documentation */
  #address(block: "192.168.0" | "192.0.2"): string {
    this.#addresses += 1;
    return `${block}.${this.#addresses}`;
  }
}

/** A user with the SHA of "placeholder", as htpasswd writes it: Traefik refuses a text without a colon. */
const basicAuthUser = "admin:{SHA}/1VDU0WDSj/iJJNndsKqFfbtU1g=";

/** An address of the host to which the outside gets. A port that is published on any other one is for the LAN. */
const isOfOutside = /(?:^|_)(?:PUBLIC|EXTERNAL|WAN)(?:_|$)/i;

/** A variable of a service that has credentials of its own, and none of Traefik's users: `EMAIL_CREDENTIALS`. */
const isPlainSecret =
  /^(?!.*(?:BASIC|TRAEFIK|DASHBOARD|HTPASSWD|ADMIN|USERS?|^GOOGLE_APPLICATION_)).*(?:_AUTH|CREDENTIALS)$/i;

/** By the key of a service's environment that it fills, which the program reads, and by its own name. */
function byNames(name: string, keys: readonly string[], servers: KnownServers): string | undefined {
  const read = keys.filter((key) => !isPlainSecret.test(key));
  const found = [...read, name].flatMap((one) => ruledValue(one, name, servers) ?? []);
  return found.find((value) => value !== anyUrl) ?? found[0];
}

function byName(name: string, servers: KnownServers): string {
  return byNames(name, [], servers) ?? `placeholder-${slug(name)}`;
}

/** A key of LiteLLM's config whose value is a URL: `url`, `api_base`, `token_exchange_endpoint`. */
const isUrlKey = /(?:^|_)(?:url|base|endpoint)$/;

/** The host of a server whose URL no file gives. */
export const unknownHost = "placeholder.invalid";

/** What stands for the URL of a server that no other rule knows. */
const anyUrl = `http://${unknownHost}`;

/** @param key what the rules look at, the variable's own name or a key that it fills */
function ruledValue(key: string, name: string, servers: KnownServers): string | undefined {
  const { postgres, redis, litellmPort, certResolver } = servers;
  const rules: readonly [RegExp, string][] = [
    [
      /DATABASE_URL$|(?:POSTGRES|PG).*_(?:URL|DSN|URI)$/i,
      `postgresql://litellm:placeholder-${slug(name)}@${postgres ?? "postgres"}:5432/litellm`,
    ],
    [/REDIS.*_(?:URL|URI)$/i, `redis://${redis ?? "redis"}:6379`],
    [/(?:POSTGRES|PG|DB|DATABASE)_?HOST$/i, postgres ?? "postgres"],
    [/REDIS_?HOST$/i, redis ?? "redis"],
    [/(?:POSTGRES|PG|DB|DATABASE)_?PORT$/i, "5432"],
    [/REDIS_?PORT$/i, "6379"],
    [/(?:^|_)(?:TIMEOUT|RPM|TPM|RETRIES|MAX_CONCURRENT\w*|(?:TIMEOUT_)?SECONDS)$/i, "60"],
    [/PORT$/i, litellmPort ?? "4000"],
    [/^TZ$/i, "UTC"],
    [
      /(?:CERT(?:IFICATES?)?|ACME|TLS|LETSENCRYPT)_?RESOLVER(?:_NAME)?$/i,
      withPlaceholders(certResolver ?? "letsencrypt", servers),
    ],
    [/^(?:P?UID|P?GID)$/i, "1000"],
    [/EMAIL$/i, "admin@example.test"],
    // A path is not taken for a secret: the key is in the file.
    [/^GOOGLE_APPLICATION_CREDENTIALS$|_FILE$/i, `/run/secrets/${slug(name)}`],
    [/(?:_AUTH|CREDENTIALS|HTPASSWD|BASICAUTH)$/i, basicAuthUser],
    // The address at which LiteLLM listens.
    [/^(?:LITELLM_)?HOST$/i, "0.0.0.0"],
    [/(?:^|_)(?:URL|URI|BASE|HOST|ENDPOINT)$/i, anyUrl],
    [/(?:DOMAIN|HOSTNAME|FQDN)$/i, `${slug(name)}.example.test`],
    [/MASTER_KEY$|^LITELLM_.*KEY$/i, `sk-placeholder-${slug(name)}`],
  ];
  return rules.find(([pattern]) => pattern.test(key))?.[1];
}

function withPlaceholders(text: string, servers: KnownServers): string {
  return text.replaceAll(/\$\{?(\w+)[^}]*\}?/g, (_, name: string) =>
    byName(name, { ...servers, certResolver: undefined }),
  );
}

function slug(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}

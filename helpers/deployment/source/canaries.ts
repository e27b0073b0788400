import { randomBytes } from "node:crypto";
import type { Policy } from "../types.ts";
import type { LiteralSecret } from "./literal-secrets.ts";

/** Values that exist in one run only: seen anywhere, they prove where an answer or a leak comes from (design, rules 3 and 6). */
export interface Canaries {
  /** Variable of the env file, or place of a literal secret, to the value that replaces it during the run. */
  secrets: ReadonlyMap<string, string>;
  /** The secrets that the files have as text, as written; `secrets` has their canaries by name. */
  literals: readonly LiteralSecret[];
  /** A database that exists in the run's Postgres only. */
  database: string;
  /** A file that exists in the filesystem upstream's directory only. */
  file: { name: string; content: string };
  /** The name in the answers of the stub behind the edge rig. */
  target: string;
  /** A key that no part knows, for requests whose key nobody looks at. */
  key: string;
  /** A session that the forward-auth stand-in approves. */
  session: string;
}

/** A key that no gateway knows. */
export const unknownKey = "sk-nobody-has-this-key";

/**
 * Makes the canaries of a run. Secrets that share a value in the operator's env file share a canary, so that a key
 * which is used twice still is.
 *
 * @param variables the env file's own values, by name
 * @param literals the secrets that the files have as text
 */
export function makeCanaries(
  policy: Policy,
  variables: ReadonlyMap<string, string>,
  literals: readonly LiteralSecret[] = [],
): Canaries {
  const secrets = new Map<string, string>();
  const byOriginal = new Map<string, string>();
  for (const secret of policy.secrets) {
    const original = variables.get(secret.name) ?? "";
    const shared = original === "" ? undefined : byOriginal.get(original);
    const value = shared ?? canaryFor(secret.kind, original);
    if (original !== "") byOriginal.set(original, value);
    secrets.set(secret.name, value);
  }
  for (const { name, kind, value } of literals) secrets.set(name, canaryFor(kind, value));
  const mark = randomBytes(5).toString("hex");
  return {
    secrets,
    literals,
    database: `canary_${mark}`,
    file: { name: `canary-${mark}.txt`, content: `The canary of this run sings ${randomBytes(8).toString("hex")}.` },
    target: `target-${mark}`,
    key: `sk-canary-${randomBytes(16).toString("hex")}`,
    session: `session-${randomBytes(16).toString("hex")}`,
  };
}

function canaryFor(kind: Policy["secrets"][number]["kind"], original: string): string {
  const random = randomBytes(16).toString("hex");
  switch (kind) {
    case "api-key":
      return `sk-canary-${random}`;
    case "postgres-url": {
      // User, host, port and database stay as written: the run's Postgres uses them.
      const url = new URL(original);
      url.password = `canary-${random}`;
      return url.href;
    }
    case "cookie-secret":
      // AES-256's key.
      return `canary-${random}`.slice(0, 32);
    case "salt":
      return `canary-${random}`;
    case "password":
      return basicAuthCanary(original) ?? `canary-${random}`;
  }
}

/** A user of basic auth with a password or its hash, as Traefik's basicAuth takes it: one colon, and no address. */
const basicAuthUser = /^([\w.@+-]+):(?!\/\/)[^\s:]+$/;

/** What htpasswd writes for a password. Compose files and env files write `$` twice. */
const passwordHash = /:(?:\$\$?(?:apr1|2[abxy])\$|\{SHA\})/;

/**
 * The same users with passwords that nobody has: Traefik refuses an entry without a user, and writes it to its log. Undefined
 * for a text that is not a list of users.
 */
function basicAuthCanary(original: string): string | undefined {
  const entries = original.split(",").map((entry) => entry.trim());
  const users = entries.flatMap((entry) => {
    const user = basicAuthUser.exec(entry)?.[1];
    if (user === undefined) return [];
    const isHashed = passwordHash.test(entry);
    return `${user}:${isHashed ? `{SHA}${randomBytes(20).toString("base64")}` : `canary-${randomBytes(16).toString("hex")}`}`;
  });
  return users.length === entries.length ? users.join(",") : undefined;
}

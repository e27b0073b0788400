import { isReadByProgram } from "../../literals.ts";
import type { ItemOf } from "../policy-input.ts";

/** Kind of a secret in a policy. */
export type SecretKind = ItemOf<"secrets">["kind"];

/**
 * What a variable's name and value say of it: the kind of secret that it is; undefined for one that is none, by all
 * appearances.
 */
export function secretKind(name: string, value: string): SecretKind | undefined {
  if (isPostgresUrl(value)) return new URL(value).password === "" ? undefined : "postgres-url";
  // A URL, a path, a switch or the place of a secret is not a key, whatever its variable is called.
  if (isReadByProgram(value) || /^(?:\/|\.\/|true$|false$|https?:\/\/[^@]*$|\d{1,6}$)/i.test(value)) return undefined;
  // Users of basic auth, as htpasswd writes them: Traefik refuses another text in their place.
  if (/^[^\s:,]+:(?:\{SHA\}|\$+(?:apr1|2[aby]|[156])\$)/.test(value)) return undefined;
  // One half of a pair that a program hands to everybody, e.g. `pk-lf-…` of Langfuse.
  if (/(?:^|_)(?:PUBLIC|PUBLISHABLE)_?KEY$/i.test(name) || value.startsWith("pk-")) return undefined;
  if (/(?:^|_)SALT(?:_|$)/i.test(name)) return "salt";
  if (/(?:PASSWORD|PASSWD|PASSPHRASE|(?:^|_)(?:PASS|PW|PWD))$/i.test(name)) return "password";
  if (value.startsWith("sk-") || /(?:^|_)(?:(?:API|AUTH|ACCESS|SECRET|PRIVATE)?_?KEY)$/i.test(name)) return "api-key";
  if (/(?:^|_)(?:TOKEN|SECRET|HMAC|CREDENTIALS?|DSN|AUTH_VALUE|BEARER_TOKEN_\w+)$/i.test(name)) return "password";
  return undefined;
}

/** Whether a text is the DSN of a PostgreSQL server. */
export function isPostgresUrl(text: string): boolean {
  return URL.canParse(text) && /^postgres(?:ql)?:$/.test(new URL(text).protocol);
}

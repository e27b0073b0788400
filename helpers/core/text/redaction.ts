/**
 * Replaces each secret by its name, e.g. `‹LITELLM_MASTER_KEY›`, so that the text can be published and still shows
 * which secret was where (design, rule 6).
 *
 * @param secrets values by name; the password of a URL is replaced too, because errors may quote it on its own
 */
export function redact(text: string, secrets: ReadonlyMap<string, string>): string {
  let redacted = text;
  for (const [name, value] of secretForms(secrets)) redacted = redacted.replaceAll(value, `‹${name}›`);
  return withoutCredentials(redacted);
}

/** A JSON Web Token; what a login makes is not a secret of the policy, and still opens the gateway. */
const token = /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}(?:\.[\w-]+)?/g;

/** Replaces what a login has made: tokens, codes of authorization, and the cookies of sessions. */
function withoutCredentials(text: string): string {
  return text
    .replaceAll(token, "‹token›")
    .replaceAll(/([?&]code=)[\w.~-]{20,}/g, "$1‹code›")
    .replaceAll(
      // A quotation mark after a value without one ends the JSON text around it.
      /\b((?:_oauth2_proxy|AUTH_SESSION|KC_|KEYCLOAK_)\w*=)(\\?"|)[^\s;,"\\]{20,}\2/g,
      "$1‹session›",
    );
}

/** The JSON Web Tokens of an issuer that a text discloses. */
export function tokensIn(text: string, issuer: string): string[] {
  return (text.match(token) ?? []).filter((one) => payloadOf(one).includes(JSON.stringify(issuer)));
}

function payloadOf(jsonWebToken: string): string {
  return Buffer.from(jsonWebToken.split(".")[1] ?? "", "base64url").toString();
}

/** Every text that discloses a secret, with the secret's name: `[name, text]`, the longest text first. */
export function secretForms(secrets: ReadonlyMap<string, string>): (readonly [string, string])[] {
  const forms = [...secrets].flatMap(([name, value]) => {
    const password = URL.canParse(value) ? new URL(value).password : "";
    return [[name, value], ...(password === "" ? [] : [[name, password]])] as [string, string][];
  });
  return forms.filter(([, value]) => value !== "").sort(([, one], [, other]) => other.length - one.length);
}

/** The same error object without secrets in its message, stack, cause and other fields. A string is redacted too. */
export function redactError(error: unknown, secrets: ReadonlyMap<string, string>): unknown {
  if (typeof error === "string") return redact(error, secrets);
  if (!(error instanceof Error)) return error;
  for (const key of Object.getOwnPropertyNames(error)) {
    const field = Object.getOwnPropertyDescriptor(error, key);
    if (field?.writable !== true) continue;
    const value: unknown = field.value;
    if (value instanceof Error) redactError(value, secrets);
    else if (typeof value === "string") Reflect.set(error, key, redact(value, secrets));
    else if (typeof value === "object" && value !== null) Reflect.set(error, key, redactValues(value, secrets));
  }
  return error;
}

/**
 * A value as JSON would carry it, without secrets in its texts and keys. Undefined for one that is not JSON, because it
 * cannot be searched for secrets.
 */
export function redactValues(value: object, secrets: ReadonlyMap<string, string>): unknown {
  // Not in the JSON text: what replaces a cookie at the end of a text may take the text's quotation mark with it.
  const redacted = (part: unknown): unknown => {
    if (typeof part === "string") return redact(part, secrets);
    if (Array.isArray(part)) return part.map(redacted);
    if (typeof part !== "object" || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, own]) => [redact(key, secrets), redacted(own)]));
  };
  try {
    return redacted(JSON.parse(JSON.stringify(value)));
  } catch {
    return undefined;
  }
}

/** Names of the secrets that a text discloses. */
export function secretsIn(text: string, secrets: ReadonlyMap<string, string>): string[] {
  return [...new Set(secretForms(secrets).flatMap(([name, form]) => (text.includes(form) ? [name] : [])))];
}

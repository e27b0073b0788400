/** One way to send a credential, valid or not. */
export interface CredentialForm {
  name: string;
  /** Header lines to send, unchanged. */
  lines: readonly string[];
  /** Not valid HTTP: Traefik refuses it before it routes or logs the request. */
  malformed?: boolean;
}

/** Not a real key: in Base64 a key in the evidence would not be redacted. */
const basic = Buffer.from("nobody:nothing").toString("base64");

/** Forms that are not a Bearer credential (RFC 9110 §11.4: `auth-scheme 1*SP token68`) and must be refused. */
export function forgedCredentials(key: string): CredentialForm[] {
  return [
    { name: "none", lines: [] },
    { name: "an empty header", lines: ["Authorization:"] },
    { name: "an empty Bearer", lines: ["Authorization: Bearer"] },
    { name: "Bearer and a space", lines: ["Authorization: Bearer "] },
    { name: "Bearer and only spaces", lines: ["Authorization: Bearer     "] },
    { name: "Bearer and only tabs", lines: ["Authorization: Bearer\t\t"] },
    { name: "a tab instead of the space", lines: [`Authorization: Bearer\t${key}`] },
    { name: "a space in the token", lines: [`Authorization: Bearer ${key} ${key}`] },
    { name: "a tab after the token, then more", lines: [`Authorization: Bearer ${key}\tadmin`] },
    { name: "the key without a scheme", lines: [`Authorization: ${key}`] },
    { name: "the scheme run into the key", lines: [`Authorization: Bearer${key}`] },
    { name: "a colon after the scheme", lines: [`Authorization: Bearer: ${key}`] },
    { name: "a scheme that ends like it", lines: [`Authorization: XBearer ${key}`] },
    { name: "a scheme that begins like it", lines: [`Authorization: Bearers ${key}`] },
    { name: "Basic", lines: [`Authorization: Basic ${basic}`] },
    { name: "Digest", lines: ['Authorization: Digest username="admin", realm="litellm", response="0"'] },
    { name: "Token", lines: [`Authorization: Token ${key}`] },
    { name: "Basic with Bearer as its parameter", lines: [`Authorization: Basic Bearer ${key}`] },
    { name: "two schemes in one header", lines: [`Authorization: Bearer ${key}, Basic ${basic}`] },
    { name: "two schemes in one header, Bearer last", lines: [`Authorization: Basic ${basic}, Bearer ${key}`] },
    { name: "two keys joined by a comma", lines: [`Authorization: Bearer ${key},Bearer ${key}`] },
    { name: "Bearer in X-Authorization", lines: [`X-Authorization: Bearer ${key}`] },
    { name: "Bearer in Proxy-Authorization", lines: [`Proxy-Authorization: Bearer ${key}`] },
    { name: "Bearer in a cookie", lines: [`Cookie: Authorization=Bearer ${key}`] },
    { name: "a space before the colon", lines: [`Authorization : Bearer ${key}`], malformed: true },
    { name: "a control character in the token", lines: [`Authorization: Bearer a\u0001${key}`], malformed: true },
    { name: "a null byte in the token", lines: [`Authorization: Bearer a\u0000${key}`], malformed: true },
    { name: "a delete character in the token", lines: [`Authorization: Bearer a\u007f${key}`], malformed: true },
    { name: "a folded header", lines: ["Authorization:", ` Bearer ${key} folded`], malformed: true },
  ];
}

/** The scheme in other cases: it is case-insensitive (RFC 9110 §11.1). */
export function schemeCases(key: string): CredentialForm[] {
  return ["bearer", "BEARER", "bEaReR"].map((scheme) => ({ name: scheme, lines: [`Authorization: ${scheme} ${key}`] }));
}

/**
 * A valid key next to another Authorization header. Traefik's rules cannot count headers: LiteLLM must refuse these.
 */
export function repeatedCredentials(key: string): CredentialForm[] {
  const valid = `Authorization: Bearer ${key}`;
  const other = "Authorization: Bearer sk-another";
  const otherScheme = `Authorization: Basic ${basic}`;
  return [
    { name: "a valid Bearer, then Basic", lines: [valid, otherScheme] },
    { name: "Basic, then a valid Bearer", lines: [otherScheme, valid] },
    { name: "a valid Bearer, then another", lines: [valid, other] },
    { name: "a Bearer, then a valid one", lines: [other, valid] },
    { name: "a valid Bearer twice", lines: [valid, valid] },
  ];
}

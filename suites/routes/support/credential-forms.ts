/** One way to bring, or to fake, a credential: the header lines as they stand on the wire. */
export interface CredentialForm {
  name: string;
  lines: readonly string[];
  /** Traefik refuses what is no HTTP before it routes or logs anything. */
  malformed?: boolean;
}

/** Nobody's: a key must not stand in the evidence in a form that redaction does not know. */
const basic = Buffer.from("nobody:nothing").toString("base64");

/** Forms that are no Bearer credential (RFC 9110 §11.4: `auth-scheme 1*SP token68`), and must not get through. */
export function forgedCredentials(key: string): CredentialForm[] {
  return [
    { name: "none", lines: [] },
    { name: "an empty header", lines: ["Authorization:"] },
    { name: "an empty Bearer", lines: ["Authorization: Bearer"] },
    { name: "Bearer and a space", lines: ["Authorization: Bearer "] },
    { name: "Bearer and only spaces", lines: ["Authorization: Bearer     "] },
    { name: "Bearer and only tabs", lines: ["Authorization: Bearer\t\t"] },
    { name: "a tab for the space", lines: [`Authorization: Bearer\t${key}`] },
    { name: "a space in the token", lines: [`Authorization: Bearer ${key} ${key}`] },
    { name: "a tab behind the token, then more", lines: [`Authorization: Bearer ${key}\tadmin`] },
    { name: "the key without a scheme", lines: [`Authorization: ${key}`] },
    { name: "the scheme run into the key", lines: [`Authorization: Bearer${key}`] },
    { name: "a colon behind the scheme", lines: [`Authorization: Bearer: ${key}`] },
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

/** The scheme in another case, which RFC 9110 §11.1 makes the same scheme. */
export function schemeCases(key: string): CredentialForm[] {
  return ["bearer", "BEARER", "bEaReR"].map((scheme) => ({ name: scheme, lines: [`Authorization: ${scheme} ${key}`] }));
}

/** A valid key beside another Authorization header. Traefik's rules can't count headers: this is for the whole chain. */
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

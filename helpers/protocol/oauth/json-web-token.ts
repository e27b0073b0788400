import { createHmac, generateKeyPairSync, sign } from "node:crypto";

/** The claims of a JSON Web Token that the suite reads. */
export interface TokenClaims {
  iss: string | undefined;
  aud: readonly string[];
  azp: string | undefined;
  sub: string | undefined;
  /** The session at the provider. */
  sid: string | undefined;
  /** Seconds since 1970. */
  exp: number;
  iat: number;
  scope: readonly string[];
}

/** The claims of a token, which is not verified; undefined for what is not a JSON Web Token. */
export function readClaims(token: string): TokenClaims | undefined {
  const payload = decoded(token.split(".")[1]);
  if (payload === undefined) return undefined;
  const text = (name: string): string | undefined => {
    const value = payload[name];
    return typeof value === "string" ? value : undefined;
  };
  return {
    iss: text("iss"),
    aud: [payload.aud ?? []].flat().map(String),
    azp: text("azp"),
    sub: text("sub"),
    sid: text("sid"),
    exp: Number(payload.exp ?? 0),
    iat: Number(payload.iat ?? 0),
    scope: (text("scope") ?? "").split(" ").filter((one) => one !== ""),
  };
}

/** A token that a careless verifier accepts, and why it must not. */
export interface ForgedToken {
  name: string;
  token: string;
  /** What a gateway that accepts it does not check. */
  unchecked: string;
}

/** Forged variants of a valid token: each has its claims, and no valid signature of its issuer. */
export function forgedTokens(token: string): ForgedToken[] {
  const [head = "", body = "", signature = ""] = token.split(".");
  const header = decoded(head) ?? {};
  const payload = decoded(body) ?? {};
  const own = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const foreign = `${encoded(header)}.${body}`;
  const none = `${encoded({ ...header, alg: "none" })}.${body}`;
  const symmetric = `${encoded({ ...header, alg: "HS256" })}.${body}`;
  const raised = `${head}.${encoded({ ...payload, preferred_username: "admin" })}`;
  const publicKey = own.publicKey.export({ type: "spki", format: "pem" });
  return [
    { name: "without a signature (alg none)", token: `${none}.`, unchecked: "the algorithm" },
    {
      name: "signed with HS256",
      token: `${symmetric}.${createHmac("sha256", publicKey).update(symmetric).digest("base64url")}`,
      unchecked: "the algorithm",
    },
    {
      name: "signed with another key",
      token: `${foreign}.${sign("sha256", Buffer.from(foreign), own.privateKey).toString("base64url")}`,
      unchecked: "the signature",
    },
    { name: "with other claims under the old signature", token: `${raised}.${signature}`, unchecked: "the signature" },
    { name: "that is cut off", token: `${head}.${body}`, unchecked: "the token's form" },
  ];
}

/** The id of the key that a token says it is signed with. */
export function keyIdOf(token: string): string | undefined {
  const kid = decoded(token.split(".")[0])?.kid;
  return typeof kid === "string" ? kid : undefined;
}

/** A token with the claims of a valid one, signed with a key of the suite, which its issuer does not have. */
export function unknownKeyToken(token: string): string {
  const [head, body] = token.split(".");
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const signed = `${encoded({ ...decoded(head), alg: "RS256", kid: "not-a-key-of-the-issuer" })}.${body}`;
  return `${signed}.${sign("sha256", Buffer.from(signed), privateKey).toString("base64url")}`;
}

function decoded(part: string | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? "", "base64url").toString());
    return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : undefined;
  } catch {
    return undefined;
  }
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

import { asUrl, textOf, textsOf } from "./metadata-values.ts";

/** The members of an authorization server's metadata that MCP clients use (RFC 8414). */
export interface AuthorizationServerMetadata {
  issuer: string;
  authorizationEndpoint: string;
  tokenEndpoint: string;
  registrationEndpoint: string | undefined;
  revocationEndpoint: string | undefined;
  endSessionEndpoint: string | undefined;
  keys: string | undefined;
}

/** What is wrong, or worth knowing, and how to fix it. */
interface Remark {
  found: string;
  fix: string;
}

/**
 * Judges the metadata of an authorization server as MCP clients do.
 *
 * @param issuer as the protected resource names it
 * @param other the same server's metadata in another form
 */
export function authorizationServerFaults(
  document: Readonly<Record<string, unknown>>,
  issuer: string,
  other: AuthorizationServerMetadata | undefined,
): { metadata: AuthorizationServerMetadata; faults: readonly Remark[]; notes: readonly Remark[] } {
  const metadata: AuthorizationServerMetadata = {
    issuer: textOf(document, "issuer") ?? "",
    authorizationEndpoint: textOf(document, "authorization_endpoint") ?? "",
    tokenEndpoint: textOf(document, "token_endpoint") ?? "",
    registrationEndpoint: textOf(document, "registration_endpoint"),
    revocationEndpoint: textOf(document, "revocation_endpoint"),
    endSessionEndpoint: textOf(document, "end_session_endpoint"),
    keys: textOf(document, "jwks_uri"),
  };
  const faults: Remark[] = [];
  const notes: Remark[] = [];
  if (metadata.issuer !== issuer)
    faults.push({
      found: `issuer ${metadata.issuer}, and the resource names ${issuer}`,
      fix: "they must be equal byte for byte: set Keycloak's --hostname, and the same issuer in the resource's metadata",
    });
  for (const [name, endpoint] of [
    ["authorization_endpoint", metadata.authorizationEndpoint],
    ["token_endpoint", metadata.tokenEndpoint],
  ] as const) {
    const isSecure = asUrl(endpoint)?.protocol === "https:";
    if (!isSecure)
      faults.push({
        found: `${name} ${endpoint || "is missing"}`,
        fix: "it must be a public https address: set Keycloak's --hostname and --proxy-headers",
      });
  }
  if (!(textsOf(document, "code_challenge_methods_supported") ?? []).includes("S256"))
    faults.push({
      found: "code_challenge_methods_supported lacks S256",
      fix: "MCP clients refuse a server without PKCE (S256)",
    });
  if (!(textsOf(document, "response_types_supported") ?? ["code"]).includes("code"))
    faults.push({ found: "response_types_supported lacks code", fix: "allow the authorization code flow" });
  if (other !== undefined && JSON.stringify(other) !== JSON.stringify(metadata))
    faults.push({
      found: `it differs from the other form: ${difference(metadata, other)}`,
      fix: "serve the same metadata in each form: which of them a client reads depends on the client",
    });
  if (metadata.registrationEndpoint === undefined)
    notes.push({
      found: "no registration_endpoint",
      fix: "clients without a client id of their own can't log in: register one for each, or allow RFC 7591",
    });
  if (document.client_id_metadata_document_supported === true)
    notes.push({
      found: "client_id_metadata_document_supported",
      fix: "Codex and Claude Code then send the address of a document as their client id: Keycloak needs a client policy for it, and a way out to read it",
    });
  return { metadata, faults, notes };
}

function difference(one: AuthorizationServerMetadata, other: AuthorizationServerMetadata): string {
  const changed = Object.entries(one).find(([name, value]) =>
    Object.entries(other).some(([key, was]) => key === name && was !== value),
  );
  return changed === undefined ? "its members" : `${changed[0]} ${String(changed[1])}`;
}

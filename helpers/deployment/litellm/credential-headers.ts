import type { NoteList } from "../source/note-list.ts";
import { locationOf, type YamlMap } from "../source/yaml-tree.ts";
import { ignoresServerKey, type ServerEntry } from "./config-shape.ts";
import { atLeast, type RunningVersion } from "./version.ts";

/** The schemes of `Authorization` that LiteLLM itself writes in front of a value, by `auth_type`. */
const schemes: ReadonlyMap<string, string> = new Map([
  ["bearer_token", "Bearer"],
  ["basic", "Basic"],
  ["token", "token"],
]);

/**
 * The headers by which LiteLLM is known to a server: `static_headers`, and what it makes of `auth_type` and its value.
 * Source: litellm, experimental_mcp_client/client.py, `_get_auth_headers`, of 1.77.1, 1.80.0, 1.81.0, 1.83.5, 1.93.0 and 1.106.2.
 */
export function credentialHeaders(data: ServerEntry, version: string): Map<string, string> {
  const headers = new Map(ignoresServerKey("static_headers", version) ? [] : Object.entries(data.static_headers ?? {}));
  const { auth_type: type = "", authentication_token: token, auth_value: other } = data;
  const value = token ?? other;
  if (!value) return headers;
  if (type === "api_key") headers.set("X-API-Key", value);
  if (type === "authorization") headers.set("Authorization", value);
  const scheme = schemes.get(type ?? "");
  if (scheme !== undefined) headers.set("Authorization", `${scheme} ${credentialOf(value, scheme, version)}`);
  return headers;
}

/** What follows the scheme: newer versions leave out one that the value has already. */
function credentialOf(value: string, scheme: string, version: string): string {
  const bare = leavesOutScheme(version) ? withoutScheme(value, scheme) : value;
  if (scheme !== "Basic") return bare;
  const isEncoded = bare !== value && /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/.test(bare);
  return isEncoded ? bare : Buffer.from(bare).toString("base64");
}

function withoutScheme(value: string, scheme: string): string {
  const [, first = "", rest = ""] = /^\s*(\S+)\s+(\S[\s\S]*)$/.exec(value) ?? [];
  return first.toLowerCase() === scheme.toLowerCase() ? rest : value;
}

/** 1.93.0 does not, 1.106.2 does (measured); the versions in between were not measured. */
function leavesOutScheme(version: string): boolean {
  return atLeast(version, "1.106.2");
}

/** Reports a credential that LiteLLM does not send, or sends in a form that no server takes. */
export function checkCredential(
  within: string,
  node: YamlMap,
  data: ServerEntry,
  { version, notes }: RunningVersion & { notes: NoteList },
): void {
  const { auth_type: type, authentication_token: token, auth_value: other } = data;
  const key = token ? "authentication_token" : "auth_value";
  const value = token ?? other;
  if (!value) return;
  const location = locationOf(node, [key]);
  if (!type || type === "none") {
    notes.add(
      "finding",
      location,
      `${within} has ${key} and ${type === "none" ? "auth_type none" : "no auth_type"}`,
      "LiteLLM does not send it to the server",
      `write 'auth_type: bearer_token' for \`Authorization: Bearer …\`, 'auth_type: api_key' for \`X-API-Key: …\`, or remove ${key}`,
      "stops",
    );
    return;
  }
  const scheme = schemes.get(type);
  if (scheme === undefined || withoutScheme(value, scheme) === value || !atLeast("1.93.0", version)) return;
  notes.add(
    "finding",
    location,
    `${key} of ${within} begins with '${scheme}', and auth_type ${type} adds the same`,
    scheme === "Basic"
      ? `LiteLLM ${version} encodes the scheme as a part of the user's name`
      : `LiteLLM ${version} sends \`Authorization: ${scheme} ${scheme} …\``,
    `leave '${scheme}' out of the value, or write 'auth_type: authorization', which sends the value as it is`,
    "stops",
  );
}

import type { SourceLocation } from "../../../../helpers/deployment/types.ts";

/** One address of the gateway in a client's config. */
export interface ClientEndpoint {
  /** What the client uses it for: the model's API, or MCP. */
  for: "model" | "mcp";
  url: string;
  /** Variable that the key comes from; undefined when the key itself is in the file, or when there is none. */
  keyVariable: string | undefined;
  /** As written; undefined when there is none. */
  keyText: string | undefined;
  /** Whether the client asks its user for the key. */
  isKeyTyped?: boolean;
  /** The header with the key. Default: `Authorization`. */
  keyHeader?: KeyHeader;
  location: SourceLocation;
}

/** LiteLLM takes its key from the second one first, and leaves `Authorization` to the upstream. Source: LiteLLM's manual, MCP. */
export type KeyHeader = "Authorization" | "x-litellm-api-key";

/** A fault of a client's config that its text shows. */
export interface ClientFault {
  what: string;
  location: SourceLocation;
  fix?: string;
  /** The address of the server that it is about; undefined for the config as a whole. */
  about?: string;
}

/** What one kind of client's config contains. */
export interface ReadSettings {
  endpoints: ClientEndpoint[];
  faults: ClientFault[];
}

/**
 * The shortest time that a client may wait for MCP to start, in seconds. The first listing of LiteLLM 1.77.1 takes 4.6 s on
 * two idle cores; Codex and Open WebUI give up after 10 s by default.
 */
export const shortestStartup = 15;

/** The name in `${NAME}`, `Bearer ${NAME}`, `${NAME:-…}`, or, as VS Code and Cursor have it, `${env:NAME}`. */
export function variableIn(text: string | undefined): string | undefined {
  return /^(?:Bearer )?\$\{(?:env:)?([A-Za-z_]\w*)(?::?-[^}]*)?\}$/i.exec(text ?? "")?.[1];
}

/** Whether VS Code asks its user for a key: `${input:NAME}`. */
export function isTyped(text: string | undefined): boolean {
  return /^(?:Bearer )?\$\{input:[^}]+\}$/i.test(text ?? "");
}

/** The header that carries LiteLLM's key, with its name as it is written. */
export function keyHeaderIn(
  headers: Readonly<Record<string, string>> = {},
): { name: string; value: string; header: KeyHeader } | undefined {
  const found = (header: KeyHeader): ReturnType<typeof keyHeaderIn> => {
    const [name, value] = Object.entries(headers).find(([one]) => one.toLowerCase() === header.toLowerCase()) ?? [];
    return name === undefined || value === undefined ? undefined : { name, value, header };
  };
  return found("x-litellm-api-key") ?? found("Authorization");
}

/** The fault of an MCP server without an address. */
export function serverWithoutAddress(name: string, location: SourceLocation): ClientFault {
  return { what: `the MCP server ${name} has neither a url nor a command: the client ignores it`, location };
}

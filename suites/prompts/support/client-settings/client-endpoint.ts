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
  location: SourceLocation;
}

/** A fault of a client's config that its text shows. */
export interface ClientFault {
  what: string;
  location: SourceLocation;
  fix?: string;
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

/** The name in `${NAME}`, `Bearer ${NAME}` or `${NAME:-…}`. */
export function variableIn(text: string | undefined): string | undefined {
  return /^(?:Bearer )?\$\{([A-Za-z_]\w*)(?::?-[^}]*)?\}$/i.exec(text ?? "")?.[1];
}

/** The fault of an MCP server without an address. */
export function serverWithoutAddress(name: string, location: SourceLocation): ClientFault {
  return { what: `the MCP server ${name} has neither a url nor a command: the client ignores it`, location };
}

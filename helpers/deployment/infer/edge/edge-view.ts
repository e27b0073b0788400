import type { Rule } from "../../traefik/rules/rule.ts";

/** What Traefik does with requests, as far as a policy is derived from it: its live configuration, or its model. */
export interface EdgeView {
  routers: readonly EdgeRouter[];
  /** Entry points that serve HTTP, without Traefik's own. */
  entryPoints: readonly EdgeEntryPoint[];
}

/** An entry point of Traefik that serves HTTP. */
export interface EdgeEntryPoint {
  name: string;
  /** Port in Traefik's container. */
  port: number;
  /** The address at which it listens there; undefined for every address. */
  address?: string | undefined;
}

/** A router of Traefik with its service and middlewares. */
export interface EdgeRouter {
  /** With its provider, e.g. `litellm@docker`. */
  name: string;
  rule: Rule;
  priority: number;
  /** Never empty. */
  entryPoints: readonly string[];
  tls: boolean;
  /** With its provider, e.g. `litellm@docker`, `noop@internal`. */
  service: string;
  /** Whether that is LiteLLM; undefined where only a request shows it. */
  isLiteLLM: boolean | undefined;
  /** In the order in which they run, chains resolved. */
  middlewares: readonly EdgeMiddleware[];
}

/** A middleware of a router. */
export interface EdgeMiddleware {
  /** With its provider. */
  name: string;
  /** In lower case, e.g. `forwardauth`. */
  kind: string;
  /** Option in lower case, joined with dots below the kind, to its value as text: `customrequestheaders.authorization`. */
  options: ReadonlyMap<string, string>;
}

/** One request of an inference to Traefik. */
export interface Probe {
  host: string;
  entryPoint: string;
  scheme: "http" | "https";
  path: string;
  method: string;
  /** Whether it carries a Bearer credential. */
  hasBearer: boolean;
}

/** What came back. */
export interface ProbeAnswer {
  /** Whether LiteLLM, or what stands for it, got the request. */
  isReached: boolean;
  status: number;
  /** `Location`, of a redirect. */
  location?: string | undefined;
  /** `WWW-Authenticate`. */
  challenge?: string | undefined;
  /** The `Authorization` that arrived where it is not what was sent. Never written anywhere. */
  injected?: string | undefined;
}

/** Asks Traefik, or its model. */
export type AskEdge = (probe: Probe) => Promise<ProbeAnswer>;

/** An option of a middleware. */
export function optionOf({ options }: EdgeMiddleware, name: string): string | undefined {
  return options.get(name.toLowerCase());
}

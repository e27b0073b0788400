/** A path that LiteLLM answers to anyone by itself. */
export interface KnownPath {
  why: string;
  /** Its answers to a GET, by version. */
  statuses: readonly number[];
}

/** Source: litellm 1.77.1 and 1.106.2, asked without a key. */
const publicPaths: Readonly<Record<string, KnownPath>> = {
  "/": { why: "LiteLLM's start page", statuses: [200] },
  "/ui": { why: "the UI's pages", statuses: [307] },
  "/docs": { why: "the API documentation", statuses: [200] },
  "/redoc": { why: "the API documentation", statuses: [200] },
  "/swagger": { why: "scripts and styles of the API documentation", statuses: [307] },
  "/openapi.json": { why: "what the API documentation shows", statuses: [200] },
  "/litellm-asset-prefix": { why: "scripts and styles of the UI", statuses: [404] },
  "/_next": { why: "scripts and styles of the UI", statuses: [404] },
  "/litellm/.well-known/litellm-ui-config": { why: "the UI asks it where it is served", statuses: [200] },
  "/.well-known/litellm-ui-config": { why: "the UI asks it where it is served", statuses: [200] },
  "/sso/key/generate": { why: "the UI's login form", statuses: [200] },
  "/favicon.ico": { why: "the UI's icon", statuses: [404] },
  "/get_favicon": { why: "the UI's icon", statuses: [404, 200] },
  "/get_image": { why: "the UI's logo", statuses: [200] },
  "/health/liveliness": { why: "tells a monitor that LiteLLM runs", statuses: [200] },
  "/health/liveness": { why: "tells a monitor that LiteLLM runs", statuses: [200] },
  "/health/readiness": { why: "tells a monitor that LiteLLM is ready", statuses: [200] },
};

/** A path that LiteLLM answers to anyone; undefined for one that it guards, or that is not known. */
export function knownPath(path: string): KnownPath | undefined {
  return Object.hasOwn(publicPaths, path) ? publicPaths[path] : undefined;
}

/**
 * For a failure that is there because a tool is not in the catalogue: it follows from the check of the catalogue, where that one
 * fails too.
 */
export const followsCatalogue = { follows: "CAT-02/catalogue-equals-upstreams" } as const;

/** For a failure that is there because a server answers a call with other content: it follows from the check of the content. */
export const followsContent = { follows: "CAT-04/content-equals-upstream" } as const;

/** For a failure that is there because a client's config has an address that leads nowhere. */
export const followsClientConfig = { follows: "PROMPT-09/client-config-values" } as const;

/** For a failure that is there because Traefik sent a request on a connection that LiteLLM closed. */
export const followsIdleConnections = { follows: "ROUTE-19/idle-connections" } as const;

/** For a failure that is there because Traefik has no router of the deployment. */
export const followsLoadedRouters = { follows: "ROUTE-12/routers-loaded" } as const;

/**
 * For a failure that is there because a tool is not in the catalogue: it follows from the check of the catalogue, where that one
 * fails too.
 */
export const followsCatalogue = { follows: "CAT-02/catalogue-equals-upstreams" } as const;

/** For a failure that is there because Traefik could not load a router: it follows from the check of what Traefik loads. */
export const followsLoading = { follows: "ROUTE-26/loaded-without-errors" } as const;

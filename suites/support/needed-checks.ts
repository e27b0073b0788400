/**
 * For a failure that is there because a tool is not in the catalogue: it follows from the check of the catalogue, where that one
 * fails too.
 */
export const followsCatalogue = { follows: "CAT-02/catalogue-equals-upstreams" } as const;

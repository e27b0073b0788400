import type { Mutator } from "../../files/mutators.ts";
import { otherGrants } from "../../files/registered.ts";

/** A key in LiteLLM's database that lacks a server or an access group. */
export default {
  kind: "grants",
  *changes(files) {
    yield* otherGrants(files, function* ({ servers, accessGroups, tools }) {
      for (const server of new Set([...servers, ...tools.keys()]))
        yield {
          how: `not granted ${server}`,
          rights: {
            servers: servers.filter((one) => one !== server),
            tools: new Map([...tools].filter(([one]) => one !== server)),
          },
        };
      for (const group of accessGroups)
        yield {
          how: `not granted the group ${group}`,
          rights: { accessGroups: accessGroups.filter((one) => one !== group) },
        };
    });
  },
} satisfies Mutator;

import type { Mutator } from "../../files/mutators.ts";
import { otherGrants } from "../../files/registered.ts";

/** A key in LiteLLM's database with one allowed tool too many, or with one too few. */
export default {
  kind: "grants",
  *changes(files) {
    const { upstreams } = files.deployment.policy;
    yield* otherGrants(files, function* ({ tools }) {
      for (const [server, own] of tools) {
        const offered = upstreams.find(({ name }) => name === server)?.tools ?? [];
        const others = offered.filter((tool) => !own.includes(tool));
        const withTools = (changed: readonly string[]) => ({ tools: new Map([...tools, [server, changed]]) });
        for (const tool of others) yield { how: `may use ${tool} of ${server} too`, rights: withTools([...own, tool]) };
        if (own.length < 2) continue;
        for (const tool of own)
          yield { how: `may not use ${tool} of ${server}`, rights: withTools(own.filter((one) => one !== tool)) };
      }
    });
  },
} satisfies Mutator;

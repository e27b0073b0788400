import { runUpstreams } from "../../../helpers/deployment/services/run-upstreams.ts";
import type { Mutator } from "../../files/mutators.ts";
import { otherGrants } from "../../files/registered.ts";

/** A key in LiteLLM's database that is granted one server more, or that opens more than its paths. */
export default {
  kind: "grants",
  *changes(files) {
    const servers = runUpstreams(files.deployment).map(({ name }) => name);
    yield* otherGrants(files, function* (identity, grant) {
      for (const server of servers)
        if (!grant.has(server))
          yield { how: `granted ${server} too`, rights: { servers: [...identity.servers, server] } };
      if (identity.routes.length > 0) yield { how: "for every path", rights: { routes: [] } };
    });
  },
} satisfies Mutator;

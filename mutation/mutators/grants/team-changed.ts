import { runUpstreams } from "../../../helpers/deployment/services/run-upstreams.ts";
import type { Mutator } from "../../files/mutators.ts";
import { otherGrants } from "../../files/registered.ts";

/** A key in LiteLLM's database whose team has one server too many or too few, and a key without its team. */
export default {
  kind: "grants",
  *changes(files) {
    const all = runUpstreams(files.deployment).map(({ name }) => name);
    yield* otherGrants(files, function* ({ team }) {
      if (team === undefined) return;
      const withServers = (servers: readonly string[]) => ({ team: { ...team, servers } });
      for (const server of all)
        yield team.servers.includes(server)
          ? { how: `team without ${server}`, rights: withServers(team.servers.filter((one) => one !== server)) }
          : { how: `team with ${server} too`, rights: withServers([...team.servers, server]) };
      yield { how: "without its team", rights: { team: undefined } };
    });
  },
} satisfies Mutator;

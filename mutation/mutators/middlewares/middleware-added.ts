import type { Mutator } from "../../files/mutators.ts";
import { labelLine, optionOf } from "../../files/operator-files.ts";

/** Middlewares that somebody may put on a router with the best of intentions, each with one option. */
const wellMeant: readonly (readonly [string, string])[] = [
  ["stripprefix.prefixes", "/v1"],
  ["addprefix.prefix", "/api"],
  ["replacepath.path", "/"],
  ["redirectscheme.scheme", "https"],
  ["buffering.maxrequestbodybytes", "1000000"],
  ["headers.customrequestheaders.Authorization", "Bearer sk-somebody-elses"],
  ["headers.customrequestheaders.X-Real-Ip", "192.0.2.1"],
  ["ipallowlist.sourcerange", "192.0.2.0/24"],
  ["basicauth.users", "somebody:$$2y$$05$$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC"],
  ["ratelimit.average", "1"],
  ["inflightreq.amount", "1"],
];

/** A middleware on a router that is handed on to a service of the deployment's own and has none. */
export default {
  kind: "Traefik labels",
  *changes({ labels }) {
    const options = (router: string): Map<string, string> =>
      new Map(
        labels.flatMap((label) => {
          const found = optionOf(label, "routers");
          return found?.name === router ? [[found.option, label.value.value] as const] : [];
        }),
      );
    for (const label of labels) {
      const found = optionOf(label, "routers");
      if (found?.option !== "rule") continue;
      const own = options(found.name);
      if (own.has("middlewares") || own.get("service")?.endsWith("@internal")) continue;
      for (const [option, value] of wellMeant) {
        const added = label.entry.follow([
          labelLine(label, `traefik.http.routers.${found.name}.middlewares`, "added"),
          labelLine(label, `traefik.http.middlewares.added.${option}`, value),
        ]);
        if (added !== undefined) yield { subject: `router ${found.name}`, how: `with ${option} = ${value}`, ...added };
      }
    }
  },
} satisfies Mutator;

import type { Mutator } from "../../files/mutators.ts";
import { optionOf, optionsOfRouter } from "../../files/operator-files.ts";

/** Middlewares that an operator may add with good intentions, each with one option. */
const plausible: readonly (readonly [string, string])[] = [
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

/** A middleware on a router that has none and leads to a service of the deployment. */
export default {
  kind: "Traefik labels",
  *changes({ labels }) {
    for (const label of labels) {
      const found = optionOf(label, "routers");
      if (found?.option !== "rule") continue;
      const own = optionsOfRouter(labels, found.name);
      if (own.has("middlewares") || own.get("service")?.endsWith("@internal")) continue;
      for (const [option, value] of plausible) {
        const added = label.text.addAfter([
          { key: `traefik.http.routers.${found.name}.middlewares`, value: "added" },
          { key: `traefik.http.middlewares.added.${option}`, value },
        ]);
        if (added !== undefined) yield { subject: `router ${found.name}`, how: `with ${option} = ${value}`, ...added };
      }
    }
  },
} satisfies Mutator;

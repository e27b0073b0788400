import { formatFlag } from "../../../helpers/deployment/traefik/static/flags.ts";
import type { Mutator } from "../../files/mutators.ts";

/** Options of an entry point that each weaken or break it. */
const onEntryPoint = [
  ["forwardedHeaders.insecure", "true"],
  ["forwardedHeaders.trustedIPs", "0.0.0.0/0"],
  ["http.maxHeaderBytes", "8388608"],
  ["http.redirections.entryPoint.to", "traefik"],
  ["transport.respondingTimeouts.readTimeout", "1ms"],
] as const;

const anywhere = [
  // Keys in the log.
  ["accessLog.fields.headers.defaultMode", "keep"],
  ["accessLog.fields.headers.names.Authorization", "keep"],
] as const;

/** A flag more. */
export default {
  kind: "Traefik command",
  *changes({ flags, deployment }) {
    const last = flags.at(-1);
    if (last === undefined) return;
    const names = new Set(deployment.policy.hosts.map(({ entryPoint }) => entryPoint));
    const added = [
      ...[...names].flatMap((name) =>
        onEntryPoint.map(([option, value]) => ({ key: `entryPoints.${name}.${option}`, value })),
      ),
      ...anywhere.map(([key, value]) => ({ key, value })),
    ];
    for (const flag of added) {
      const change = last.text.addAfter([flag]);
      if (change !== undefined) yield { subject: "Traefik", how: formatFlag(flag.key, flag.value), ...change };
    }
  },
} satisfies Mutator;

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

/** Keys in the log: the default format prints no header that could hold one. */
const keysInLog = ["accessLog.fields.headers.defaultMode", "accessLog.fields.headers.names.Authorization"].map(
  (key) => [
    { key: "accessLog.format", value: "json" },
    { key, value: "keep" },
  ],
);

/** A flag more, or two. */
export default {
  kind: "Traefik command",
  *changes({ flags, deployment }) {
    const last = flags.at(-1);
    if (last === undefined) return;
    const names = new Set(deployment.policy.hosts.map(({ entryPoint }) => entryPoint));
    const added = [
      ...[...names].flatMap((name) =>
        onEntryPoint.map(([option, value]) => [{ key: `entryPoints.${name}.${option}`, value }]),
      ),
      ...keysInLog,
    ];
    for (const options of added) {
      const change = last.text.addAfter(options);
      const how = options.map(({ key, value }) => formatFlag(key, value)).join(" ");
      if (change !== undefined) yield { subject: "Traefik", how, ...change };
    }
  },
} satisfies Mutator;

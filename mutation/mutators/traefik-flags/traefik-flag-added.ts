import type { Mutator } from "../../files/mutators.ts";

/** What somebody may set on an entry point, each of which gives something away or takes something. */
const onEntryPoint = [
  "forwardedHeaders.insecure=true",
  "forwardedHeaders.trustedIPs=0.0.0.0/0",
  "http.maxHeaderBytes=8388608",
  "http.redirections.entryPoint.to=traefik",
  "transport.respondingTimeouts.readTimeout=1ms",
];

const anywhere = [
  // Keys in the log.
  "accessLog.fields.headers.defaultMode=keep",
  "accessLog.fields.headers.names.Authorization=keep",
];

export default {
  kind: "Traefik command",
  *changes({ compose, deployment }) {
    const flags = compose.below("services", deployment.traefik.name, "command");
    const last = flags.at(-1);
    if (last === undefined) return;
    const names = new Set(deployment.policy.hosts.map(({ entryPoint }) => entryPoint));
    const added = [
      ...[...names].flatMap((name) => onEntryPoint.map((option) => `--entryPoints.${name}.${option}`)),
      ...anywhere.map((option) => `--${option}`),
    ];
    for (const flag of added) {
      const change = last.follow([`- ${flag}`]);
      if (change !== undefined) yield { subject: "Traefik", how: flag, ...change };
    }
  },
} satisfies Mutator;

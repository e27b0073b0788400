import type { Mutator } from "../../files/mutators.ts";

/**
 * Each published port dropped, moved, or leading to another port; a port published on each service that publishes none;
 * another port in each healthcheck.
 */
export default {
  kind: "networks and ports",
  *changes({ compose, deployment }) {
    for (const { name, ports } of deployment.compose.services.values()) {
      const subject = `service ${name}`;
      for (const entry of compose.below("services", name, "ports")) {
        const written = entry.value?.text;
        if (entry.value === undefined || written === undefined) continue;
        const removed = entry.remove();
        if (removed !== undefined) yield { subject, how: `port ${written} dropped`, ...removed };
        const match = /^(?:(.*):)?(\d+):(\d+)$/.exec(written);
        if (match === null) continue;
        const [, address, host = "", container = ""] = match;
        const front = address === undefined ? "" : `${address}:`;
        for (const other of [`${front}${Number(host) + 1}:${container}`, `${front}${host}:${Number(container) + 1}`])
          yield { subject, how: `port ${written} → ${other}`, ...entry.value.replace(other) };
      }
      const test = compose.at("services", name, "healthcheck", "test");
      for (const { value } of test === undefined ? [] : [test, ...compose.below(...test.path)]) {
        const [asked, port = ""] = /:(\d{2,5})\b/.exec(value?.text ?? "") ?? [];
        if (value === undefined || asked === undefined) continue;
        const other = `:${Number(port) + 1}`;
        yield { subject, how: `healthcheck${asked} → ${other}`, ...value.replace(value.text.replace(asked, other)) };
      }
      if (ports.length > 0) continue;
      const known = deployment.policy.reach.find(({ to }) => to === name)?.ports[0];
      const first = compose.at("services", name, "image");
      const added = known === undefined ? undefined : first?.addAfter(["ports:", `  - "${known}:${known}"`]);
      if (added !== undefined) yield { subject, how: `port ${known} published`, ...added };
    }
  },
} satisfies Mutator;

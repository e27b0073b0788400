import type { Change } from "../../files/mutant.ts";
import type { Mutator } from "../../files/mutators.ts";
import { optionOf, type WrittenLabel } from "../../files/operator-files.ts";

/** A header of another name, with another value, with another secret; a list that lets everybody in; another status. */
export default {
  kind: "Traefik labels",
  *changes({ labels, deployment }) {
    for (const label of labels) {
      const found = optionOf(label, "middlewares");
      if (found === undefined) continue;
      const subject = `middleware ${found.name}`;
      const header = /^headers\.custom(?:request|response)headers\.(.+)$/.exec(found.option)?.[1];
      if (header !== undefined) {
        yield* otherHeader(label, subject);
        yield { subject, how: `${header} empty`, ...label.value.become("") };
        yield { subject, how: `another ${header}`, ...label.value.become("Another value") };
        for (const [, name] of label.value.value.matchAll(/\$\{?(\w+)\}?/g)) {
          for (const other of deployment.policy.secrets) {
            if (other.name === name || name === undefined) continue;
            const value = label.value.value.replace(name, other.name);
            yield { subject, how: `${header} with ${other.name}`, ...label.value.become(value) };
          }
          const literal = label.value.value.replace(/\$\{?\w+\}?/, "sk-nobody-knows-me");
          yield { subject, how: `${header} with a key that nobody knows`, ...label.value.become(literal) };
        }
      }
      if (found.option === "ipallowlist.sourcerange")
        yield { subject, how: "everybody", ...label.value.become("0.0.0.0/0,::/0") };
      if (found.option === "ipallowlist.rejectstatuscode")
        for (const status of ["403", "404", "200"])
          if (status !== label.value.value) yield { subject, how: `status ${status}`, ...label.value.become(status) };
    }
  },
} satisfies Mutator;

/** The label with another header's name takes the place of this one. */
function* otherHeader(label: WrittenLabel, subject: string): Generator<Change> {
  const removed = label.entry.remove();
  const [, , , , direction] = label.path;
  if (removed === undefined || direction === undefined) return;
  const key = label.key.replace(/\.[^.]+$/, ".X-Another");
  const added = label.entry.follow([
    typeof label.entry.path.at(-1) === "string"
      ? `${key}: ${JSON.stringify(label.value.value)}`
      : `- ${JSON.stringify(`${key}=${label.value.value}`)}`,
  ]);
  if (added === undefined) return;
  yield {
    subject,
    how: `another header than ${label.key.split(".").at(-1)}`,
    shown: removed.shown,
    edits: [...removed.edits, ...added.edits],
  };
}

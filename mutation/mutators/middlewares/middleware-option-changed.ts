import type { EditableOption } from "../../../helpers/deployment/traefik/options.ts";
import type { Change } from "../../files/mutant.ts";
import type { Mutator } from "../../files/mutators.ts";
import { optionOf } from "../../files/operator-files.ts";

/** A header with another name, value or secret; an address list that admits everyone; another status. */
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
        yield { subject, how: `${header} empty`, ...label.text.value.replace("") };
        yield { subject, how: `another ${header}`, ...label.text.value.replace("Another value") };
        for (const [, name] of label.text.value.text.matchAll(/\$\{?(\w+)\}?/g)) {
          for (const other of deployment.policy.secrets) {
            if (other.name === name || name === undefined) continue;
            const value = label.text.value.text.replace(name, other.name);
            yield { subject, how: `${header} with ${other.name}`, ...label.text.value.replace(value) };
          }
          const literal = label.text.value.text.replace(/\$\{?\w+\}?/, "sk-nobody-knows-me");
          yield { subject, how: `${header} with a key that nobody knows`, ...label.text.value.replace(literal) };
        }
      }
      if (found.option === "ipallowlist.sourcerange")
        yield { subject, how: "everybody", ...label.text.value.replace("0.0.0.0/0,::/0") };
      if (found.option === "ipallowlist.rejectstatuscode")
        for (const status of ["403", "404", "200"])
          if (status !== label.text.value.text)
            yield { subject, how: `status ${status}`, ...label.text.value.replace(status) };
    }
  },
} satisfies Mutator;

/** Replaces the label by one with another header's name. */
function* otherHeader(label: EditableOption, subject: string): Generator<Change> {
  const removed = label.text.remove();
  const [, , , , direction] = label.path;
  if (removed === undefined || direction === undefined) return;
  const key = label.key.replace(/\.[^.]+$/, ".X-Another");
  const added = label.text.addAfter([{ key, value: label.text.value.text }]);
  if (added === undefined) return;
  yield {
    subject,
    how: `another header than ${label.key.split(".").at(-1)}`,
    shown: removed.shown,
    edits: [...removed.edits, ...added.edits],
  };
}

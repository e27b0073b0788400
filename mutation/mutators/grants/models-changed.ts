import type { Mutator } from "../../files/mutators.ts";
import { registeredIdentities } from "../../files/registered.ts";

/** A key in LiteLLM's database that may use every model, or another one in the place of its own. */
export default {
  kind: "grants",
  *changes(files) {
    const all = files.deployment.policy.models.map(({ name }) => name);
    for (const { identity, with: rewritten } of registeredIdentities(files)) {
      const { name, models, routes } = identity;
      if (routes.length > 0) continue;
      const subject = `the key of ${name}`;
      const other = all.find((model) => !models.includes(model));
      if (other === undefined) continue;
      if (models.length > 0) yield { subject, how: "for every model", ...rewritten({ models: [] }) };
      yield { subject, how: `for ${other} only`, ...rewritten({ models: [other] }) };
    }
  },
} satisfies Mutator;

import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import type { Mutator } from "../../files/mutators.ts";
import { flowText } from "../../files/registered.ts";

const policyShape = z.object({ upstreams: z.array(z.record(z.string(), z.unknown())) });

/** A server in LiteLLM's database that every key may use. */
export default {
  kind: "grants",
  *changes({ deployment, policy }) {
    const { file, upstreams } = deployment.policy;
    const written = policyShape.safeParse(parse(readFileSync(file, "utf8"))).data?.upstreams ?? [];
    for (const [index, upstream] of upstreams.entries()) {
      if (upstream.in !== "database" || upstream.allowAllKeys || upstream.leftOut !== undefined) continue;
      const opened = policy.at("upstreams", index)?.rewrite(flowText({ ...written[index], allow_all_keys: true }));
      if (opened) yield { subject: `server ${upstream.name}`, how: "for all keys", ...opened };
    }
  },
} satisfies Mutator;

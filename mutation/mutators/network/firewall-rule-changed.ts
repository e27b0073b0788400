import { readFileSync } from "node:fs";
import { relative } from "node:path";
import type { Change } from "../../files/mutant.ts";
import type { Mutator } from "../../files/mutators.ts";

/** A part of a rule, and what an operator may write instead. */
const slips: readonly (readonly [RegExp, readonly string[]])[] = [
  [/\baccept$/, ["drop"]],
  [/\bdrop$/, ["accept"]],
  [/\bgoto \w+$/, ["accept", "drop"]],
  [/\bpolicy drop\b/, ["policy accept"]],
  [/\breject with tcp reset$/, ["drop"]],
  [/\breject with icmpx [\w-]+$/, ["drop"]],
  [/\bmeta l4proto tcp\b/, ["meta l4proto udp"]],
];

/** Each rule of the firewall dropped, inverted, for another port, for another interface, or for one address family only. */
export default {
  kind: "firewall",
  *changes({ deployment }) {
    const path = deployment.policy.firewall?.file;
    if (path === undefined) return;
    const text = readFileSync(path, "utf8");
    const file = relative(deployment.folder, path);
    const names = [...new Set([...text.matchAll(/\b[io]ifname "([^"]+)"/g)].map(([, name = ""]) => name))];
    let chain = "";
    for (const { 0: line, index } of text.matchAll(/^.*$/gm)) {
      chain = /^\s*chain (\w+) \{/.exec(line)?.[1] ?? chain;
      const written = line.replace(/#.*$/, "").trimEnd();
      const rule = written.trim();
      if (chain === "" || rule === "" || rule === "}") continue;
      const first = index + written.length - rule.length;
      const at = (start: number, end: number, changed: string, how: string): Change => {
        const edit = { file, start: first + start, end: first + end, text: changed };
        return { subject: `chain ${chain}: ${rule}`, how, shown: edit, edits: [edit] };
      };
      if (!rule.startsWith("chain ") && !rule.startsWith("type ")) {
        yield at(0, rule.length, "", "dropped");
        for (const family of ["ipv4", "ipv6"]) yield at(0, 0, `meta nfproto ${family} `, `${family} alone`);
      }
      for (const [from, others] of slips) {
        const match = from.exec(rule);
        if (match === null) continue;
        const [found] = match;
        for (const other of others) yield at(match.index, match.index + found.length, other, `${found} → ${other}`);
      }
      for (const { 0: ports, index: from } of rule.matchAll(/(?<=(?:dport|proto-dst) )(?:\{[^}]+\}|\d+)/g)) {
        const list = ports.match(/\d+/g) ?? [];
        const others = [
          `{ ${[...list, "22"].join(", ")} }`,
          ...list.map((gone) => list.filter((port) => port !== gone)),
        ]
          .map((other) => (typeof other === "string" ? other : `{ ${other.join(", ")} }`))
          .filter((other) => other !== "{  }");
        for (const other of others) yield at(from, from + ports.length, other, `${ports} → ${other}`);
      }
      for (const { 1: name = "", index: from } of rule.matchAll(/\b[io]ifname "([^"]+)"/g)) {
        const start = rule.indexOf(name, from);
        // One other interface is enough: the rule no longer applies to its own.
        const other = names[(names.indexOf(name) + 1) % names.length] ?? name;
        if (other !== name) yield at(start, start + name.length, other, `${name} → ${other}`);
      }
    }
  },
} satisfies Mutator;

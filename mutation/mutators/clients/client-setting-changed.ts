import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { hasConfig } from "../../../helpers/deployment/policy/configured-client.ts";
import type { Change } from "../../files/mutant.ts";
import type { Mutator } from "../../files/mutators.ts";

/** A setting of a client's config in any of the formats: `key = value`, `"key": value`, `KEY=value`. */
const setting = /^([ \t]*)"?([\w.-]+)"?[ \t]*([=:])[ \t]*(\S.*?),?[ \t]*$/gm;

/** Each setting of each client's config dropped, flipped, or with another value. */
export default {
  kind: "client configs",
  *changes({ deployment }) {
    const seen = new Set<string>();
    for (const { name, config } of deployment.policy.clients.filter(hasConfig)) {
      if (seen.has(config)) continue;
      seen.add(config);
      const text = readFileSync(config, "utf8");
      const file = relative(deployment.folder, config);
      for (const { 0: line, 2: key = "", 4: value = "", index } of text.matchAll(setting)) {
        const start = index + line.lastIndexOf(value);
        const end = start + value.length;
        const subject = `client ${name}: ${key}`;
        const at = (from: number, to: number, changed: string): Pick<Change, "shown" | "edits"> => {
          const edit = { file, start: from, end: to, text: changed };
          return { shown: edit, edits: [edit] };
        };
        if (!/^[[{]$/.test(value)) yield { subject, how: "dropped", ...at(index, index + line.length, "") };
        for (const other of otherValues(value)) yield { subject, how: other, ...at(start, end, other) };
      }
    }
  },
} satisfies Mutator;

function otherValues(value: string): string[] {
  const flipped = { true: "false", false: "true" }[value];
  if (flipped !== undefined) return [flipped];
  const text = /^"?(.*?)"?$/.exec(value)?.[1] ?? "";
  const quoted = (changed: string): string => (value.startsWith('"') ? `"${changed}"` : changed);
  if (!/^https?:/.test(text)) return value.startsWith('"') ? [quoted(`${text}x`)] : [];
  const url = new URL(text);
  const path = url.pathname.endsWith("/") ? text.replace(/\/$/, "") : `${text}/`;
  return [path, `${text.replace(/\/$/, "")}/nowhere/`, text.replace(url.hostname, `x${url.hostname}`)].map(quoted);
}

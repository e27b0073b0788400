import { readFileSync } from "node:fs";
import { posix, relative } from "node:path";
import { parser } from "@lezer/python";
import type { Change, TextEdit } from "./mutant.ts";
import type { OperatorFiles } from "./operator-files.ts";

/** A piece of the module of keys. */
export interface Code {
  /** As lezer's grammar calls it, e.g. `IfStatement`. */
  name: string;
  /** Of the piece that it is part of. */
  parent: string;
  text: string;
  children: readonly Code[];
  /** With another text in its place. */
  become(text: string): Change;
}

/**
 * Every piece of the module that `custom_auth` names, from the outside in; nothing where LiteLLM's config names none.
 */
export function codeOf({ deployment }: OperatorFiles): Code[] {
  const [module] = deployment.litellmConfig.customAuth?.split(".") ?? [];
  const mount = deployment.litellm.mounts.find(({ target }) => posix.basename(target) === `${module}.py`);
  if (module === undefined || mount === undefined) return [];
  const text = readFileSync(mount.source, "utf8");
  const file = relative(deployment.folder, mount.source);
  const found: Code[] = [];
  const cursor = parser.parse(text).cursor();
  const read = (parent: string, scope: string): Code => {
    const { name, from, to } = cursor;
    const children: Code[] = [];
    const own: Code = {
      name,
      parent,
      text: text.slice(from, to),
      children,
      become(changed) {
        const edit: TextEdit = { file, start: from, end: to, text: changed };
        const what = own.text.replaceAll(/\s+/g, " ");
        return { subject: scope, how: `${what} → ${changed || "(nothing)"}`, shown: edit, edits: [edit] };
      },
    };
    found.push(own);
    if (cursor.firstChild()) {
      const within = named.exec(own.text)?.[1];
      const inner = scopes.has(name) && within !== undefined ? `${scope} ${within}` : scope;
      do children.push(read(name, inner));
      while (cursor.nextSibling());
      cursor.parent();
    }
    return own;
  };
  read("", file);
  return found;
}

/** What gives its name to what stands in it. */
const scopes: ReadonlySet<string> = new Set(["FunctionDefinition", "ClassDefinition", "AssignStatement"]);
const named = /^(?:async\s+)?(?:def\s+|class\s+)?(\w+)/;

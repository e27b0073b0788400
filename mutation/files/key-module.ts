import { readFileSync } from "node:fs";
import { posix, relative } from "node:path";
import { parser } from "@lezer/python";
import type { TextEdit } from "../../helpers/deployment/source/text-edit.ts";
import type { Change } from "./mutant.ts";
import type { OperatorFiles } from "./operator-files.ts";

/** A syntax node of the key module. */
export interface Code {
  /** Its name in lezer's grammar, e.g. `IfStatement`. */
  name: string;
  /** The name of the node that it is part of. */
  parent: string;
  text: string;
  children: readonly Code[];
  /** Replaces it by another text. */
  replace(text: string): Change;
}

/**
 * Every syntax node of the module that `custom_auth` names, from the outside in; none where LiteLLM's config names no module.
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
      replace(changed) {
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

/** Nodes whose name is part of the subject of what is in them. */
const scopes: ReadonlySet<string> = new Set(["FunctionDefinition", "ClassDefinition", "AssignStatement"]);
const named = /^(?:async\s+)?(?:def\s+|class\s+)?(\w+)/;

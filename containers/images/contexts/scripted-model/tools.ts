import { arrayOf, objectOf } from "./json.ts";

/** A tool that a request offers, under the name that a call of it must carry. */
export interface OfferedTool {
  name: string;
  /** Responses API: the namespace that a call must repeat, e.g. Codex's `mcp__litellm`. */
  namespace?: string;
}

/**
 * The tools of a request: flat functions of either API, and the functions of each namespace. What the provider would run
 * itself (`web_search` and the like) is none that a script can call.
 */
export function offeredTools(tools: unknown): OfferedTool[] {
  return arrayOf(tools).flatMap((value): OfferedTool[] => {
    const tool = objectOf(value);
    const name = tool.name ?? objectOf(tool.function).name;
    if (typeof name !== "string") return [];
    if (tool.type !== "namespace") return [{ name }];
    return offeredTools(tool.tools).map((inner) => ({ ...inner, namespace: name }));
  });
}

/** `namespace.tool`, or the tool's name. */
export function displayName({ name, namespace }: OfferedTool): string {
  return namespace === undefined ? name : `${namespace}.${name}`;
}

/**
 * Finds a tool by the catalogue's name among those that a client offers. Clients rename: Codex 0.169 turns `-` into `_`
 * inside a namespace, older ones and Claude Code put the server before it (`litellm__…`, `mcp__litellm__…`), and Open
 * WebUI does so with one `_`. The least renamed one counts; two that are equally near count as none.
 */
export function findTool(offered: readonly OfferedTool[], tool: string): OfferedTool | undefined {
  const renamings: ((candidate: OfferedTool) => boolean)[] = [
    ({ name }) => name === tool,
    ({ name }) => plain(name) === plain(tool),
    ({ name }) => plain(name).endsWith(`__${plain(tool)}`),
    // Unlike `__` a single `_` is part of tools' own names: the rest must be the name as it is, and not in a namespace.
    ({ name, namespace }) => namespace === undefined && name.endsWith(`_${tool}`),
  ];
  for (const isRenamed of renamings) {
    const found = offered.filter(isRenamed);
    if (found.length > 0) return found.length === 1 ? found[0] : undefined;
  }
  return undefined;
}

function plain(name: string): string {
  return name.replaceAll("-", "_");
}

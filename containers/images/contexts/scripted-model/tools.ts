import { arrayOf, objectOf } from "./json.ts";

/** A tool that a request offers, with the name that a call must have. */
export interface OfferedTool {
  name: string;
  /** Responses API: the namespace of the tool, which a call must repeat, e.g. Codex's `mcp__litellm`. */
  namespace?: string;
}

/**
 * The tools of a request: functions in the format of either API, and the functions of each namespace. Tools that the
 * provider would run itself, e.g. `web_search`, are not included.
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
 * Finds a tool among those that a client offers, by its name in the catalogue. Clients rename tools: Codex 0.169
 * replaces `-` by `_` inside a namespace, older versions and Claude Code prefix the server (`litellm__…`,
 * `mcp__litellm__…`), and Open WebUI does so with one `_`. The name with the smallest change is used; if two tools have
 * it, there is no match.
 */
export function findTool(offered: readonly OfferedTool[], tool: string): OfferedTool | undefined {
  const renamings: ((candidate: OfferedTool) => boolean)[] = [
    ({ name }) => name === tool,
    ({ name }) => normalised(name) === normalised(tool),
    ({ name }) => normalised(name).endsWith(`__${normalised(tool)}`),
    // Unlike `__`, a single `_` occurs in tools' own names: the rest must be the unchanged name, outside a namespace.
    ({ name, namespace }) => namespace === undefined && name.endsWith(`_${tool}`),
  ];
  for (const isRenamed of renamings) {
    const found = offered.filter(isRenamed);
    if (found.length > 0) return found.length === 1 ? found[0] : undefined;
  }
  return undefined;
}

function normalised(name: string): string {
  return name.replaceAll("-", "_");
}

import { isAbsolute, resolve } from "node:path";
import type { YamlMap } from "../../source/yaml-tree.ts";
import { textOf } from "../loading/nodes.ts";
import type { ComposeBuild } from "../types.ts";
import type { ServiceContext } from "./service-context.ts";
import { entriesAt, textAt, written } from "./values.ts";

/** How a service's image is built; undefined for one that is not. */
export function readBuild(
  service: YamlMap,
  within: string,
  { host, faults }: ServiceContext,
): ComposeBuild | undefined {
  const entry = service.entries.get("build");
  if (entry?.value.kind !== "map") return undefined;
  const build = entry.value;
  const context = textAt(build, "context") ?? host.folder;
  const dockerfile = textAt(build, "dockerfile");
  const inline = written(build, "dockerfile_inline");
  if (dockerfile !== undefined && inline !== undefined)
    faults.add(
      inline.location,
      `${within}.build has both 'dockerfile' and 'dockerfile_inline': compose refuses it`,
      "keep one of the two",
    );
  const isLocal = isAbsolute(context);
  const args = entriesAt(build, "args").flatMap(({ name, location, value }) => {
    const text = textOf(value);
    return text === undefined ? [] : [[name, { value: text, location }] as const];
  });
  return {
    context: isLocal ? host.find(context).path : context,
    dockerfile: dockerfile === undefined || !isLocal ? dockerfile : host.find(resolve(context, dockerfile)).path,
    inline,
    args: new Map(args),
    target: textAt(build, "target"),
    location: entry.keyLocation,
  };
}

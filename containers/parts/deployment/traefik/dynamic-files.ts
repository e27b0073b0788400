import { basename, extname } from "node:path";
import { stringify } from "smol-toml";
import { FaultList } from "../../../../helpers/deployment/source/fault-list.ts";
import { parseToml } from "../../../../helpers/deployment/source/toml-tree.ts";
import { type Plain, parseYaml, toPlain } from "../../../../helpers/deployment/source/yaml-tree.ts";
import { readContainerFile } from "../../../../helpers/deployment/traefik/container-files.ts";
import type { ProviderFile } from "../../../../helpers/deployment/traefik/dynamic/file-provider.ts";
import type { TraefikModel } from "../../../../helpers/deployment/traefik/model.ts";
import type { RenderedChange } from "../../../../helpers/run/run-record.ts";
import type { PartFile } from "../../part.ts";
import { fetchedPlugins, passThrough } from "./plugins.ts";

/**
 * The file provider's files that a run must change: a plugin becomes a middleware that lets everything pass, and Swarm's
 * provider is docker's. Every other file is mounted as it is.
 */
export function changedDynamicFiles(model: TraefikModel): { files: PartFile[]; changes: RenderedChange[] } {
  const files: PartFile[] = [];
  const changes: RenderedChange[] = [];
  const plugins = fetchedPlugins(model, "file");
  for (const file of model.files?.files ?? []) {
    const written = readContainerFile(file)?.text;
    if (written === undefined) continue;
    const replaced = withoutPlugins(file, plugins);
    const content = (replaced?.content ?? written).replaceAll("@swarm", "@docker");
    if (content === written) continue;
    files.push({ target: file.path, content });
    const where = basename(file.file ?? file.path);
    for (const name of replaced?.names ?? [])
      changes.push({
        where: `${where}:http.middlewares.${name}`,
        what: "lets every request pass",
        why: "a throwaway network can't fetch the plugin",
      });
    if (written.includes("@swarm"))
      changes.push({
        where,
        what: "@swarm is @docker",
        why: "one engine runs no Swarm: docker's provider reads the labels",
      });
  }
  return { files, changes };
}

type Mapping = { [key: string]: Plain };

/** Undefined for a file without plugins, and for a template that the suite can't render. */
function withoutPlugins(
  { path, rendered }: ProviderFile,
  plugins: ReadonlySet<string>,
): { content: string; names: string[] } | undefined {
  if (plugins.size === 0 || rendered === undefined) return undefined;
  const isToml = extname(path).toLowerCase() === ".toml";
  const root = (isToml ? parseToml : parseYaml)(rendered, new FaultList());
  const document = root && toPlain(root);
  const middlewares = mappingAt(mappingAt(document, "http"), "middlewares");
  const names = Object.keys(middlewares ?? {}).filter((name) => plugins.has(name.toLowerCase()));
  if (middlewares === undefined || names.length === 0 || !isMapping(document)) return undefined;
  for (const name of names) middlewares[name] = { stripPrefix: { prefixes: [...passThrough.stripPrefix.prefixes] } };
  return { content: isToml ? stringify(document) : JSON.stringify(document, null, 2), names };
}

function isMapping(value: Plain | undefined): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function mappingAt(value: Plain | undefined, wanted: string): Mapping | undefined {
  if (!isMapping(value)) return undefined;
  const below = Object.entries(value).find(([name]) => name.toLowerCase() === wanted)?.[1];
  return isMapping(below) ? below : undefined;
}

import { basename, extname } from "node:path";
import { stringify } from "smol-toml";
import { type HostRoute, hostRouteName, hostRoutes } from "../../../../helpers/deployment/services/host-route.ts";
import { FaultList } from "../../../../helpers/deployment/source/fault-list.ts";
import { parseToml } from "../../../../helpers/deployment/source/toml-tree.ts";
import { type Plain, parseYaml, toPlain } from "../../../../helpers/deployment/source/yaml-tree.ts";
import { readContainerFile } from "../../../../helpers/deployment/traefik/container-files.ts";
import type { ProviderFile } from "../../../../helpers/deployment/traefik/dynamic/file-provider.ts";
import type { DeploymentWithTraefik } from "../../../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../../../helpers/run/run-record.ts";
import type { PartFile } from "../../part.ts";
import { fetchedPlugins, passThrough } from "./plugins.ts";

/**
 * The file provider's files that a run must change: a plugin becomes a middleware that lets everything pass, a router that is
 * not logged is logged, an address of the host that leads to LiteLLM is LiteLLM's, and Swarm's provider is docker's. Every
 * other file is mounted as it is.
 */
export function changedDynamicFiles(deployment: DeploymentWithTraefik): {
  files: PartFile[];
  changes: RenderedChange[];
} {
  const { traefikModel: model } = deployment;
  const routes = hostRoutes(model, deployment);
  const files: PartFile[] = [];
  const changes: RenderedChange[] = [];
  const plugins = fetchedPlugins(model, "file");
  for (const file of model.files?.files ?? []) {
    const written = readContainerFile(file)?.text;
    if (written === undefined) continue;
    const replaced = changedDocument(file, plugins, routes);
    const content = (replaced?.content ?? written).replaceAll("@swarm", "@docker");
    if (content === written) continue;
    files.push({ target: file.path, content });
    const where = basename(file.file ?? file.path);
    for (const { key, ...change } of replaced?.changes ?? [])
      changes.push({ where: `${where}:http.${key}`, ...change });
    if (written.includes("@swarm"))
      changes.push({
        where,
        what: "@swarm is @docker",
        why: "one engine runs no Swarm: docker's provider reads the labels",
      });
  }
  return { files, changes };
}

/** Why a router's requests are logged that the operator does not log. */
export const everyRequest = "the suite looks up every request in the access log";

type Mapping = { [key: string]: Plain };

/** A change within a file's `http` section. */
type DocumentChange = { key: string } & Pick<RenderedChange, "what" | "why">;

/** Undefined for a file that stays as it is, and for a template that the suite can't render. */
function changedDocument(
  { path, rendered }: ProviderFile,
  plugins: ReadonlySet<string>,
  routes: readonly HostRoute[],
): { content: string; changes: DocumentChange[] } | undefined {
  if (rendered === undefined) return undefined;
  if (plugins.size === 0 && routes.length === 0 && !/observability/i.test(rendered.text)) return undefined;
  const isToml = extname(path).toLowerCase() === ".toml";
  const root = (isToml ? parseToml : parseYaml)(rendered, new FaultList());
  const document = root && toPlain(root);
  if (!isMapping(document)) return undefined;
  const http = mappingAt(document, "http");
  const changes = [
    ...passPlugins(mappingAt(http, "middlewares"), plugins),
    ...logRouters(mappingAt(http, "routers")),
    ...leadToLiteLLM(mappingAt(http, "services"), routes),
  ];
  if (changes.length === 0) return undefined;
  return { content: isToml ? stringify(document) : JSON.stringify(document, null, 2), changes };
}

function passPlugins(middlewares: Mapping = {}, plugins: ReadonlySet<string>): DocumentChange[] {
  const names = Object.keys(middlewares).filter((name) => plugins.has(name.toLowerCase()));
  return names.map((name) => {
    middlewares[name] = { stripPrefix: { prefixes: [...passThrough.stripPrefix.prefixes] } };
    return {
      key: `middlewares.${name}`,
      what: "lets every request pass",
      why: "a throwaway network can't fetch the plugin",
    };
  });
}

function logRouters(routers: Mapping = {}): DocumentChange[] {
  return Object.keys(routers).flatMap((name) => {
    const observability = mappingAt(routers[name], "observability") ?? {};
    const key = Object.keys(observability).find((one) => one.toLowerCase() === "accesslogs");
    if (key === undefined || String(observability[key]) !== "false") return [];
    delete observability[key];
    return [{ key: `routers.${name}`, what: `dropped observability.${key}`, why: everyRequest }];
  });
}

function leadToLiteLLM(services: Mapping = {}, routes: readonly HostRoute[]): DocumentChange[] {
  return Object.entries(services).flatMap(([name, service]) => {
    const balancer = mappingAt(service, "loadbalancer") ?? {};
    const servers = Object.entries(balancer).find(([key]) => key.toLowerCase() === "servers")?.[1];
    return (Array.isArray(servers) ? servers : []).flatMap((server) => {
      const key = isMapping(server) ? Object.keys(server).find((one) => one.toLowerCase() === "url") : undefined;
      const url = key !== undefined && isMapping(server) ? server[key] : undefined;
      const route = routes.find((one) => one.url === url);
      if (route === undefined || key === undefined || !isMapping(server)) return [];
      const own = new URL(route.url);
      own.host = `${hostRouteName}:${route.port}`;
      server[key] = own.href.replace(/\/$/, "");
      return [
        {
          key: `services.${name}`,
          what: `${route.url} is LiteLLM's container`,
          why: "LiteLLM publishes this port on the gateway host, which a throwaway network does not have",
        },
      ];
    });
  });
}

function isMapping(value: Plain | undefined): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function mappingAt(value: Plain | undefined, wanted: string): Mapping | undefined {
  if (!isMapping(value)) return undefined;
  const below = Object.entries(value).find(([name]) => name.toLowerCase() === wanted)?.[1];
  return isMapping(below) ? below : undefined;
}

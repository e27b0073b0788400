import { basename, extname } from "node:path";
import { stringify } from "smol-toml";
import { type HostRoute, hostRouteName, hostRoutes } from "../../../../helpers/deployment/services/host-route.ts";
import { FaultList } from "../../../../helpers/deployment/source/fault-list.ts";
import { parseToml } from "../../../../helpers/deployment/source/toml-tree.ts";
import {
  isPlainMapping,
  type Plain,
  type PlainMapping,
  parseYaml,
  toPlain,
} from "../../../../helpers/deployment/source/yaml-tree.ts";
import { hasOwnCertificate } from "../../../../helpers/deployment/traefik/certificate-place.ts";
import { ContainerFiles, readContainerFile } from "../../../../helpers/deployment/traefik/container-files.ts";
import type { FileStandIn, ProviderFile } from "../../../../helpers/deployment/traefik/dynamic/file-provider.ts";
import { passThrough } from "../../../../helpers/deployment/traefik/dynamic/file-provider.ts";
import type { DeploymentWithTraefik } from "../../../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../../../helpers/run/run-record.ts";
import type { PartFile } from "../../part.ts";
import { certificateEntry, type HostCertificate } from "./host-certificate.ts";
import { fetchedPlugins } from "./plugins.ts";

/**
 * The file provider's files that a run must change: a plugin becomes a middleware that lets everything pass, a router that is
 * not logged is logged, an address of the host that leads to LiteLLM is LiteLLM's, and Swarm's provider is docker's. The only file
 * names the run's certificate. Every other file is mounted as it is.
 */
export function changedDynamicFiles(
  deployment: DeploymentWithTraefik,
  certificate?: HostCertificate,
): {
  files: PartFile[];
  changes: RenderedChange[];
} {
  const { traefikModel: model } = deployment;
  const routes = hostRoutes(model, deployment);
  const own = new ContainerFiles(deployment.traefik);
  const hasCertificate = hasOwnCertificate(model, own);
  const files: PartFile[] = [];
  const changes: RenderedChange[] = [];
  const plugins = fetchedPlugins(model, "file");
  for (const file of model.files?.files ?? []) {
    const written = readContainerFile(file)?.text;
    if (written === undefined) continue;
    const isForCertificate = certificate?.place.kind === "operators-file" && certificate.place.path === file.path;
    const replaced = changedDocument(file, { plugins, routes, own, hasCertificate, isForCertificate });
    const content = (replaced?.content ?? written).replaceAll("@swarm", "@docker");
    if (content === written && file.standIn === undefined) continue;
    files.push({ target: file.path, content });
    if (file.standIn !== undefined) changes.push(addedFile(file, file.standIn));
    const where = basename(file.file ?? file.path);
    for (const { key, ...change } of replaced?.changes ?? []) changes.push({ where: `${where}:${key}`, ...change });
    if (written.includes("@swarm"))
      changes.push({
        where,
        what: "@swarm is @docker",
        why: "one engine runs no Swarm: docker's provider reads the labels",
      });
  }
  return { files, changes };
}

function addedFile({ path, file, location }: ProviderFile, standIn: FileStandIn): RenderedChange {
  const where = `${basename(location.file)}:${location.line}`;
  return standIn === "example"
    ? {
        where,
        what: `added ${path}, a copy of ${basename(file ?? path)}`,
        why: "the file is not among the deployment's, and its example is",
      }
    : {
        where,
        what: `added ${path}, with middlewares that let every request pass`,
        why: "the files that the provider reads are not among the deployment's",
      };
}

/** Why a router's requests are logged that the operator does not log. */
export const everyRequest = "the suite looks up every request in the access log";

/** A change within a file; `key` is the path of what is changed. */
type DocumentChange = { key: string } & Pick<RenderedChange, "what" | "why">;

/** What decides what is changed. */
interface FileContext {
  plugins: ReadonlySet<string>;
  routes: readonly HostRoute[];
  /** The files that the deployment brings into Traefik's container. */
  own: ContainerFiles;
  /** Whether one of them is a certificate that a file of the provider names. */
  hasCertificate: boolean;
  /** Whether the run's certificate is named in this file. */
  isForCertificate: boolean;
}

/** Undefined for a file that stays as it is, and for a template that the suite can't render. */
function changedDocument(
  { path, rendered }: ProviderFile,
  { plugins, routes, own, hasCertificate, isForCertificate }: FileContext,
): { content: string; changes: DocumentChange[] } | undefined {
  if (rendered === undefined) return undefined;
  if (
    plugins.size === 0 &&
    routes.length === 0 &&
    !isForCertificate &&
    !/observability|certFile|sniStrict/i.test(rendered.text)
  )
    return undefined;
  const isToml = extname(path).toLowerCase() === ".toml";
  const root = (isToml ? parseToml : parseYaml)(rendered, new FaultList());
  // A file of comments only is one, too.
  const document = root === undefined && isForCertificate ? {} : root && toPlain(root);
  if (!isPlainMapping(document)) return undefined;
  const http = mappingAt(document, "http");
  const changes = [
    ...passPlugins(mappingAt(http, "middlewares"), plugins),
    ...logRouters(mappingAt(http, "routers")),
    ...leadToLiteLLM(mappingAt(http, "services"), routes),
    ...dropCertificates(mappingAt(document, "tls"), own),
    ...(hasCertificate ? [] : dropStrictNames(mappingAt(mappingAt(document, "tls"), "options"))),
  ];
  if (isForCertificate) nameCertificate(document);
  else if (changes.length === 0) return undefined;
  return { content: isToml ? stringify(document) : JSON.stringify(document, null, 2), changes };
}

/** The change is listed with the certificate. */
function nameCertificate(document: PlainMapping): void {
  const tls = mappingAt(document, "tls") ?? {};
  const list = Object.keys(tls).find((key) => key.toLowerCase() === "certificates") ?? "certificates";
  const written = tls[list];
  tls[list] = [...(Array.isArray(written) ? written : []), { ...certificateEntry }];
  document[Object.keys(document).find((key) => key.toLowerCase() === "tls") ?? "tls"] = tls;
}

function passPlugins(middlewares: PlainMapping = {}, plugins: ReadonlySet<string>): DocumentChange[] {
  const names = Object.keys(middlewares).filter((name) => plugins.has(name.toLowerCase()));
  return names.map((name) => {
    middlewares[name] = { stripPrefix: { prefixes: [...passThrough.stripPrefix.prefixes] } };
    return {
      key: `http.middlewares.${name}`,
      what: "lets every request pass",
      why: "a throwaway network can't fetch the plugin",
    };
  });
}

function logRouters(routers: PlainMapping = {}): DocumentChange[] {
  return Object.keys(routers).flatMap((name) => {
    const observability = mappingAt(routers[name], "observability") ?? {};
    const key = Object.keys(observability).find((one) => one.toLowerCase() === "accesslogs");
    if (key === undefined || String(observability[key]) !== "false") return [];
    delete observability[key];
    return [{ key: `http.routers.${name}`, what: `dropped observability.${key}`, why: everyRequest }];
  });
}

/** With `sniStrict`, Traefik ends the handshake for a name that no certificate has, and the run's is for the policy's hosts only. */
function dropStrictNames(options: PlainMapping = {}): DocumentChange[] {
  return Object.entries(options).flatMap(([name, option]) => {
    const key = isPlainMapping(option)
      ? Object.keys(option).find((one) => one.toLowerCase() === "snistrict")
      : undefined;
    if (key === undefined || !isPlainMapping(option) || String(option[key]) !== "true") return [];
    delete option[key];
    return [
      {
        key: `tls.options.${name}`,
        what: `dropped ${key}`,
        why: "no certificate of the deployment's files is there, and the run's is for the policy's hosts over HTTPS only",
      },
    ];
  });
}

const ownCertificate = "its files are not among the deployment's: in the run Traefik has another certificate";

/** Traefik ends every TLS handshake where it can't load the default certificate of its store. */
function dropCertificates(tls: PlainMapping | undefined, own: ContainerFiles): DocumentChange[] {
  const changes: DocumentChange[] = [];
  const isMissing = (certificate: Plain | undefined): boolean =>
    ["certfile", "keyfile"].some((wanted) => {
      const path = isPlainMapping(certificate)
        ? Object.entries(certificate).find(([key]) => key.toLowerCase() === wanted)?.[1]
        : undefined;
      return typeof path === "string" && path.startsWith("/") && own.find(path) === undefined;
    });
  for (const [name, store] of Object.entries(mappingAt(tls, "stores") ?? {})) {
    const key = isPlainMapping(store)
      ? Object.keys(store).find((one) => one.toLowerCase() === "defaultcertificate")
      : undefined;
    if (key === undefined || !isPlainMapping(store) || !isMissing(store[key])) continue;
    delete store[key];
    changes.push({ key: `tls.stores.${name}`, what: `dropped ${key}`, why: ownCertificate });
  }
  const list = Object.keys(tls ?? {}).find((key) => key.toLowerCase() === "certificates");
  const certificates = tls === undefined || list === undefined ? undefined : tls[list];
  if (tls === undefined || list === undefined || !Array.isArray(certificates)) return changes;
  const kept = certificates.filter((one) => !isMissing(one));
  if (kept.length === certificates.length) return changes;
  tls[list] = kept;
  const count = certificates.length - kept.length;
  return [...changes, { key: `tls.${list}`, what: `dropped ${count} of ${certificates.length}`, why: ownCertificate }];
}

function leadToLiteLLM(services: PlainMapping = {}, routes: readonly HostRoute[]): DocumentChange[] {
  return Object.entries(services).flatMap(([name, service]) => {
    const balancer = mappingAt(service, "loadbalancer") ?? {};
    const servers = Object.entries(balancer).find(([key]) => key.toLowerCase() === "servers")?.[1];
    return (Array.isArray(servers) ? servers : []).flatMap((server) => {
      const key = isPlainMapping(server) ? Object.keys(server).find((one) => one.toLowerCase() === "url") : undefined;
      const url = key !== undefined && isPlainMapping(server) ? server[key] : undefined;
      const route = routes.find((one) => one.url === url);
      if (route === undefined || key === undefined || !isPlainMapping(server)) return [];
      const own = new URL(route.url);
      own.host = `${hostRouteName}:${route.port}`;
      server[key] = own.href.replace(/\/$/, "");
      return [
        {
          key: `http.services.${name}`,
          what: `${route.url} is LiteLLM's container`,
          why: "LiteLLM publishes this port on the gateway host, which a throwaway network does not have",
        },
      ];
    });
  });
}

function mappingAt(value: Plain | undefined, wanted: string): PlainMapping | undefined {
  if (!isPlainMapping(value)) return undefined;
  const below = Object.entries(value).find(([name]) => name.toLowerCase() === wanted)?.[1];
  return isPlainMapping(below) ? below : undefined;
}

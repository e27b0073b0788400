import { extname } from "node:path";
import { portThroughHost } from "../../services/host-route.ts";
import { addressIn, namesOf } from "../../services/hosts.ts";
import { liteLLMPortOf } from "../../services/litellm-port.ts";
import { FaultList } from "../../source/fault-list.ts";
import type { SourceLocation } from "../../source/location.ts";
import { NoteList } from "../../source/note-list.ts";
import { readSource } from "../../source/source-file.ts";
import { parseToml } from "../../source/toml-tree.ts";
import { parseYaml } from "../../source/yaml-tree.ts";
import { readDynamic, type TraefikRouter } from "../../traefik/dynamic/dynamic.ts";
import { isConfiguration } from "../../traefik/dynamic/example-files.ts";
import { optionsOfFile } from "../../traefik/file-options.ts";
import { hasPlaceholder } from "../../traefik/placeholders.ts";
import { ProblemList } from "../../traefik/problems.ts";
import { positiveMatchers } from "../../traefik/rules/matchers.ts";
import { fileSchema } from "../../traefik/schema.ts";
import type { DeploymentView } from "../deployment-view.ts";
import { filesBelow } from "../files/compose-files.ts";

/** A router to LiteLLM in a file of the folder. */
export interface FoundRouter {
  /** The hosts that its rule names, in lower case; never empty. */
  hosts: readonly string[];
  /** As written; empty: Traefik's default entry points. */
  entryPoints: readonly string[];
  tls: boolean;
  location: SourceLocation;
}

/**
 * The routers to LiteLLM in files that look like those of Traefik's file provider. A Traefik that no file of the deployment
 * starts, or whose directory is one of the gateway host, may read them.
 */
export function routersInFolder(view: DeploymentView): FoundRouter[] {
  return filesBelow(view.folder)
    .filter((path) => isConfiguration({ path }))
    .flatMap((file) => routersOf(file, view));
}

function routersOf(file: string, view: DeploymentView): FoundRouter[] {
  const faults = new FaultList();
  const source = readSource(file, faults, "write it");
  if (source === undefined || !/^[ \t[]*http\b/m.test(source.text) || !/\brouters\b/.test(source.text)) return [];
  const root = (extname(file).toLowerCase() === ".toml" ? parseToml : parseYaml)(source, faults);
  if (root === undefined) return [];
  const options = optionsOfFile(root, {
    source: "file-provider",
    schema: fileSchema,
    editable: undefined,
    refused: () => undefined,
    ignored: () => undefined,
  });
  const { routers, services } = readDynamic(options, {
    provider: "file",
    defaultRouter: undefined,
    defaultRule: undefined,
    ruleSyntax: "v3",
    problems: new ProblemList(new NoteList()),
  });
  return routers.flatMap((router) => {
    const name = router.service?.replace(/@file$/, "").toLowerCase();
    const service = services.find((one) => one.name.toLowerCase() === name);
    const hosts = hostsOf(router);
    const leadsThere = (service?.urls ?? []).some((url) => leadsToLiteLLM(url, view));
    return leadsThere && hosts.length > 0 ? [{ ...router, hosts }] : [];
  });
}

function leadsToLiteLLM(url: string, { compose, litellm, traefik }: DeploymentView): boolean {
  const port = liteLLMPortOf(litellm);
  const address = addressIn(url);
  if (address !== undefined && namesOf(litellm).includes(address.host)) return address.port === port;
  return portThroughHost(url, { compose, litellm, traefik: traefik ?? litellm }) === port;
}

function hostsOf({ rule }: TraefikRouter): string[] {
  const named = rule === undefined ? [] : positiveMatchers(rule).filter(({ name }) => name === "Host");
  const hosts = named.flatMap(({ args }) => args.map((host) => host.toLowerCase()));
  return [...new Set(hosts)].filter((host) => /^[a-z0-9][a-z0-9.-]*$/.test(host) && !hasPlaceholder(host));
}

import { textOf } from "../../compose/loading/nodes.ts";
import { nodeAt, type YamlNode } from "../../source/yaml-tree.ts";
import { filledIn } from "../files/compose-files.ts";
import { outlineOfService, type ServiceOutline } from "../files/service-outline.ts";

/** A service of a compose file. */
export interface ServiceNode {
  outline: ServiceOutline;
  node: YamlNode;
  /** Where its relative paths start. */
  home: string;
  /** The `volumes` of its compose file. */
  volumes: YamlNode | undefined;
}

/** The services of a compose file. */
export function servicesOf(root: YamlNode, home: string): ServiceNode[] {
  const services = nodeAt(root, "services");
  if (services?.kind !== "map") return [];
  const filled = filledIn(home);
  return [...services.entries].map(([name, { value: node }]) => ({
    node,
    home,
    volumes: nodeAt(root, "volumes"),
    outline: outlineOfService(name, node, home, filled),
  }));
}

/** The port at which a service's labels send Traefik to it; undefined where none says. */
export function portForTraefik(service: YamlNode): string | undefined {
  const all = [nodeAt(service, "labels"), nodeAt(service, "deploy", "labels")].flatMap((labels) => {
    if (labels?.kind === "list") return labels.items.flatMap((item) => textOf(item) ?? []);
    const entries = labels?.kind === "map" ? [...labels.entries] : [];
    return entries.map(([name, { value }]) => `${name}=${textOf(value)}`);
  });
  return all.flatMap((label) => /\.loadbalancer\.server\.port=(\d+)$/i.exec(label)?.[1] ?? [])[0];
}

/** A variable in a service's `environment`, as it is written. */
export function environmentText(service: YamlNode, name: string): string | undefined {
  const environment = nodeAt(service, "environment");
  if (environment?.kind === "map") return textOf(nodeAt(environment, name));
  const items = environment?.kind === "list" ? environment.items.flatMap((item) => textOf(item) ?? []) : [];
  return items.find((item) => item.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** The names of the variables in a service's `environment`. */
export function environmentNames(service: YamlNode): string[] {
  const environment = nodeAt(service, "environment");
  if (environment?.kind === "map") return [...environment.entries.keys()];
  return (environment?.kind === "list" ? environment.items : []).flatMap((item) => textOf(item)?.split("=")[0] ?? []);
}

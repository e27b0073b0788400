import { nodeAt, type YamlNode } from "../../source/yaml-tree.ts";

/** Keys of a service's `deploy` that only Swarm reads: compose accepts and ignores them. */
const swarmKeys = ["labels", "placement", "update_config", "rollback_config", "endpoint_mode"];

/** Whether services have settings that only `docker stack deploy` reads. */
export function isForSwarm(services: readonly YamlNode[]): boolean {
  return services.some((service) => swarmKeys.some((key) => nodeAt(service, "deploy", key) !== undefined));
}

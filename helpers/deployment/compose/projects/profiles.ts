import type { YamlNode } from "../../source/yaml-tree.ts";
import type { VariableLookup } from "../environment/interpolation.ts";
import { textOf } from "../loading/nodes.ts";
import { itemsAt } from "../service/values.ts";

/** The profiles that are on: those that are named, and those of `COMPOSE_PROFILES`. */
export function activeProfiles(named: readonly string[], variables: VariableLookup): readonly string[] {
  const fromVariable = (variables.get("COMPOSE_PROFILES") ?? "").split(",").map((profile) => profile.trim());
  return [...new Set([...named, ...fromVariable.filter((profile) => profile !== "")])];
}

/** The profiles of a service; empty for one that is always on. */
export function profilesOf(service: YamlNode): string[] {
  return service.kind === "map" ? itemsAt(service, "profiles").flatMap((item) => textOf(item) ?? []) : [];
}

/** Whether compose starts a service of these profiles. */
export function isActive(profiles: readonly string[], active: readonly string[]): boolean {
  return profiles.length === 0 || active.includes("*") || profiles.some((profile) => active.includes(profile));
}

import type { ComposeService } from "../../compose/types.ts";
import type { FaultList } from "../../source/fault-list.ts";
import type { TraefikOption } from "../options.ts";
import type { OptionSchema } from "../schema/generate.ts";
import { staticSchema } from "../schema.ts";
import { pathOfStatic } from "./flags.ts";

/**
 * Reads the static options in a service's environment as Traefik does: `TRAEFIK_ENTRYPOINTS_WEB_ADDRESS`. Variables below an
 * unknown section are not Traefik's; an unknown option of a known one is refused, which is a fault.
 */
export function readEnvironment(
  { key: service, environment }: Pick<ComposeService, "key" | "environment">,
  faults: FaultList,
  schema: OptionSchema = staticSchema,
): TraefikOption[] {
  return [...environment].flatMap(([name, { value, location }]): TraefikOption[] => {
    if (!isOption(name, schema)) return [];
    const steps = name.slice("TRAEFIK_".length).toLowerCase().split("_");
    const path = pathOfStatic(steps, name, { value, location }, { faults, schema });
    return [{ source: "environment", path, key: name, value, location, service, text: undefined }];
  });
}

/** Whether Traefik reads a variable as an option. */
function isOption(name: string, schema: OptionSchema): boolean {
  const [prefix, section = ""] = name.split("_");
  return (
    prefix === "TRAEFIK" && section === section.toUpperCase() && section.toLowerCase() in (schema.properties ?? {})
  );
}

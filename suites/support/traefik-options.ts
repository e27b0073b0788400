import type { TraefikModel } from "../../helpers/deployment/traefik/model.ts";
import type { TraefikOption } from "../../helpers/deployment/traefik/options.ts";
import type { DeploymentWithTraefik, PolicyHost } from "../../helpers/deployment/types.ts";

/**
 * The options of Traefik's dynamic configuration whose names end so, whatever source they come from.
 *
 * @param names e.g. `loadBalancer`, `passHostHeader`; letter case does not matter
 */
export function dynamicOptionsNamed(
  { dynamicOptions }: Pick<TraefikModel, "dynamicOptions">,
  ...names: readonly string[]
): readonly TraefikOption[] {
  return dynamicOptions.filter(({ path }) => {
    const end = path.slice(-names.length).map((name) => name.toLowerCase());
    return end.join("\n") === names.join("\n").toLowerCase();
  });
}

/** An option of the entry point that serves a host, e.g. `forwardedHeaders.insecure`; undefined where it is not set. */
export function entryPointOption(
  { traefikModel }: Pick<DeploymentWithTraefik, "traefikModel">,
  { entryPoint }: Pick<PolicyHost, "entryPoint">,
  name: string,
): TraefikOption | undefined {
  return traefikModel.static.get(`entryPoints.${entryPoint}.${name}`);
}

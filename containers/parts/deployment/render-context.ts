import type { ComposeService, Deployment, DeploymentWithTraefik } from "../../../helpers/deployment/types.ts";
import type { RunNetwork } from "../part.ts";
import type { HostCertificate } from "./traefik/host-certificate.ts";

/** What rendering needs to know of the rig. */
export interface RenderContext<D extends Deployment = Deployment> {
  deployment: D;
  /** Value of the rig label, which Traefik's docker provider is constrained to. */
  mark: string;
  /** By key in the compose file. */
  networks: ReadonlyMap<string, RunNetwork>;
  /** Of the engine's machine. */
  processors: number;
}

/** What rendering Traefik needs. */
export interface EdgeContext extends RenderContext<DeploymentWithTraefik> {
  /** For the hosts over HTTPS, where clients of the run verify certificates. */
  certificate?: HostCertificate | undefined;
}

/** The run's network for one of the deployment's, by its name on the gateway host or by its key in the compose file. */
export function networkOfRun({ deployment, networks }: RenderContext, name: string): string {
  const declared = [...deployment.compose.networks].find(([, network]) => network.name === name)?.[0];
  return networks.get(declared ?? name)?.name ?? name;
}

/** The networks of a service with its aliases; compose's default network for a service that names none. */
export function networksOf(service: ComposeService): ReadonlyMap<string, readonly string[]> {
  return service.networks.size > 0 ? service.networks : new Map([["default", []]]);
}

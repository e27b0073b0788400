/** Port of Traefik's API inside its container, for the suite only: an entry point of the suite's own. */
export const traefikApiPort = 28099;

/** Name of the suite's own entry point, router and service in Traefik. */
export const suiteName = "gateway-conformance";

/** The label that marks the one container that carries the suite's own router. */
export const suiteRouterLabel = "gateway-conformance.router";

/**
 * The labels of the suite's own router: Traefik's API on the suite's entry point. Not `api.insecure`: what the operator says
 * of that stays in force.
 */
export function suiteRouterLabels(mark: string): Record<string, string> {
  const router = `traefik.http.routers.${suiteName}`;
  return {
    "traefik.enable": "true",
    [`${router}.rule`]: "PathPrefix(`/`)",
    [`${router}.entrypoints`]: suiteName,
    [`${router}.service`]: "api@internal",
    // Traefik takes no container without a port, though nothing is forwarded to it.
    [`traefik.http.services.${suiteName}.loadbalancer.server.port`]: "9",
    [suiteRouterLabel]: mark,
  };
}

/** The constraint that the container with the suite's own router fulfils. */
export function suiteRouterConstraint(mark: string): string {
  return `Label(\`${suiteRouterLabel}\`,\`${mark}\`)`;
}

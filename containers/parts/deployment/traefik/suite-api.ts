/** Port of Traefik's API inside its container, for the suite only: an entry point of the suite's own. */
export const traefikApiPort = 28099;

/** Name of the suite's own entry point, router and service in Traefik. */
export const suiteName = "gateway-conformance";

/** The label that marks the containers that carry the suite's own routers. */
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

/** Name of the router that shows that Traefik has listed the containers. */
export const listedName = `${suiteName}-listed`;

/** The labels of a container whose router appears when Traefik lists the containers. Nothing sends requests to it. */
export function listedRouterLabels(mark: string): Record<string, string> {
  const router = `traefik.http.routers.${suiteName}`;
  const labels = Object.entries(suiteRouterLabels(mark)).map(([label, value]): [string, string] =>
    label.startsWith(`${router}.`)
      ? [
          label.replace(router, `traefik.http.routers.${listedName}`),
          label.endsWith(".rule") ? `Path(\`/${listedName}\`)` : value,
        ]
      : [label, value],
  );
  return Object.fromEntries(labels);
}

/** The constraint that the containers with the suite's own routers fulfil. */
export function suiteRouterConstraint(mark: string): string {
  return `Label(\`${suiteRouterLabel}\`,\`${mark}\`)`;
}

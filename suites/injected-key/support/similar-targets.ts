/**
 * Request targets that are not a route and that Traefik, a middleware or LiteLLM may treat as it.
 *
 * @param path of the route, e.g. `/schedule/model_cost_map_reload/status`
 */
export function similarTargets(path: string): string[] {
  const parent = path.slice(0, path.lastIndexOf("/"));
  const last = path.slice(path.lastIndexOf("/") + 1);
  return [
    `${path}/`,
    `${path}/below`,
    `${path}x`,
    `${path}.json`,
    `${path};x=1`,
    `${path}%2f`,
    `${path}%00`,
    `${path}/../../key/info`,
    `${path}/..%2fstatus`,
    `${parent}/`,
    parent,
    `${parent}//${last}`,
    `${parent}/./${last}`,
    `${parent}/x/../${last}`,
    `${parent}/%${last.charCodeAt(0).toString(16)}${last.slice(1)}`,
    path.toUpperCase(),
    `/x${path}`,
    `/x/..${path}`,
    `/${path}`,
    "/v1/models",
    "/ui",
    `/ui?path=${path}`,
  ];
}

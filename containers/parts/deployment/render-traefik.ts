import { formatFlag } from "../../../helpers/deployment/traefik/static/flags.ts";
import { rigLabel } from "../part.ts";
import { networkOfRun, type RenderContext, type RenderedService, renderService } from "./render-service.ts";

/** Port of Traefik's API inside its container, for the suite only. */
export const traefikApiPort = 8099;

/** Flags that the suite sets on Traefik, overriding the operator's, with the reason. */
const traefikFlags = (mark: string): readonly (readonly [string, string, string])[] => [
  [
    "providers.docker.constraints",
    `Label(\`${rigLabel}\`,\`${mark}\`)`,
    "Traefik's docker provider sees every container of the engine, and must use this rig's only",
  ],
  ["api.insecure", "true", "the suite reads the live routers from Traefik's API"],
  [`entryPoints.traefik.address`, `:${traefikApiPort}`, "the entry point of that API"],
  ["accesslog", "true", "the access log says which router and service handled a request"],
  [
    "accesslog.addinternals",
    "true",
    "without it Traefik does not log requests that an internal service answers (noop)",
  ],
  ["providers.providersthrottleduration", "50ms", "labels take effect immediately instead of after 2 s"],
  ["accesslog.format", "json", "a program reads the access log"],
  [
    "accesslog.fields.headers.names.User-Agent",
    "keep",
    "each request of the suite has its id there, which identifies its log line",
  ],
  ["global.checknewversion", "false", "no calls home from the throwaway network"],
  ["global.sendanonymoususage", "false", "no calls home from the throwaway network"],
];

/** Flags that do not work on a throwaway network, by option in lower case, with the reason. */
const droppedTraefikFlags: readonly (readonly [RegExp, string])[] = [
  [/^accesslog\.filepath$/, "the access log is read from the container's output"],
  [/^certificatesresolvers\./, "a throwaway network reaches no certificate authority; Traefik's own is used"],
  [/^providers\.docker\.endpoint$/, "the engine's socket is mounted instead"],
];

/** Traefik as the operator runs it, plus what a throwaway network needs. */
export async function renderTraefik(context: RenderContext): Promise<RenderedService> {
  const { deployment, mark } = context;
  const service = deployment.traefik;
  const rendered = await renderService(context, service);
  const where = `compose.yaml:${service.name}.command`;
  const command: string[] = [];
  const set = new Map(traefikFlags(mark).map(([flag, value, why]) => [flag.toLowerCase(), { flag, value, why }]));
  for (const { path, key, value } of deployment.traefikModel.static.options) {
    const option = path.join(".").toLowerCase();
    const dropped = droppedTraefikFlags.find(([pattern]) => pattern.test(option));
    if (dropped) {
      rendered.changes.push({ where, what: `dropped --${key}`, why: dropped[1] });
      continue;
    }
    const ours = set.get(option);
    if (ours !== undefined) {
      if (ours.flag === "providers.docker.constraints") ours.value = `(${value}) && ${ours.value}`;
      continue;
    }
    command.push(formatFlag(key, option === "providers.docker.network" ? networkOfRun(context, value) : value));
  }
  for (const { flag, value, why } of set.values()) {
    command.push(formatFlag(flag, value));
    rendered.changes.push({ where, what: `set ${formatFlag(flag, value)}`, why });
  }
  return { ...rendered, command };
}

import { namedDatabase } from "../../litellm/database.ts";
import type { DeploymentView } from "../deployment-view.ts";
import { pathIn, placeOf } from "../files/compose-files.ts";
import type { Inference } from "../inference.ts";
import { configQuestions } from "./config-question.ts";
import { modelPatterns } from "./models.ts";
import { proxyQuestions } from "./proxy-questions.ts";

/** An address of the host may be another machine's, where another LiteLLM runs. */
export function routeQuestions({ hostRoutes, view }: Inference): string[] {
  const served = new Map(hostRoutes.map(({ url, location }) => [url, placeOf(view.folder, location)]));
  return [...served].map(
    ([url, at]) =>
      `does ${url} (${at}) lead to ${view.litellm.key}, which publishes this port? The run leads Traefik there without the host`,
  );
}

/** A file of the folder that stands for one that is not in it may have other contents. */
export function exampleQuestions({ examples, view }: Inference): string[] {
  return examples.map(
    ({ path, file }) =>
      `is ${pathIn(view.folder, file)} a copy of ${pathIn(view.folder, path)}, which is not in this folder?`,
  );
}

/** What a router to LiteLLM serves is missing from the policy where Traefik has none of its entry points. */
export function entryPointQuestions({ unserved, edge, view }: Inference): string[] {
  const defined = edge.entryPoints.map(({ name }) => name).join(", ");
  return unserved.map(
    ({ name, entryPoints, location }) =>
      `on which entry point is the router ${name} meant to be? It names ${entryPoints.join(", ")} (${placeOf(view.folder, location)}), and ` +
      `Traefik has ${defined}: it serves the router nowhere`,
  );
}

/** A host that only a missing file names is missing from the policy. */
export function fileProviderQuestions({ unknownFiles, view }: Inference): string[] {
  if (unknownFiles === undefined) return [];
  const { source, location } = unknownFiles;
  return [
    `which routers to ${view.litellm.key} are in ${source} (${placeOf(view.folder, location)})? Traefik's file provider reads it, and it ` +
      "is not in this folder: put a copy there, and call `npm run init` again",
  ];
}

/** Who reads the compose files has the secret, unless something sets the variable. */
export function defaultQuestions({ host, view }: Inference): string[] {
  if (host.secretDefaults.length === 0) return [];
  const all = host.secretDefaults.map(({ name, location }) => `${name} (${placeOf(view.folder, location)})`);
  const [have, them, are] = all.length === 1 ? ["has a default", "it", "is it"] : ["have defaults", "them", "are they"];
  return [
    `${all.join(", ")} ${have} in the compose files, and every reader of the files knows ${them}: ${are} set where the gateway runs?`,
  ];
}

/** What the files leave open: servers in a database, keys that a module judges, models behind a pattern, another proxy. */
export function openQuestions(view: DeploymentView): string[] {
  const { config, litellm } = view;
  const storesServers = namedDatabase(config ?? { environment: litellm.environment, document: {} }) !== undefined;
  const patterns = modelPatterns(view);
  return [
    ...proxyQuestions(view),
    ...configQuestions(view),
    ...(storesServers
      ? [
          "which MCP servers are registered in LiteLLM's database? No file names them; add each to `upstreams` with `in: database`",
        ]
      : []),
    ...(config?.customAuth === undefined
      ? []
      : [`which keys of ${config.customAuth} see the tools of some servers only? \`mcp.scoped_keys\` states them`]),
    ...(patterns.length === 0
      ? []
      : [
          `which models do ${patterns.join(", ")} stand for? Until \`models\` names all that clients are offered, they are not checked`,
        ]),
  ];
}

import type { ComposeService } from "../../compose/types.ts";
import { type LiteLLMDatabase, liteLLMDatabase } from "../../litellm/database.ts";
import { foreignCache } from "../../services/cache-addresses.ts";
import { serviceAt } from "../../services/hosts.ts";
import type { DeploymentView } from "../deployment-view.ts";
import { placeOf } from "../files/compose-files.ts";
import { isPostgresUrl } from "./secret-kinds.ts";

/** Says that a run has a PostgreSQL of its own for LiteLLM, where the operator's runs in none of the compose files. */
export function externalDatabaseRemarks(view: DeploymentView): string[] {
  const { folder, litellm, config } = view;
  const database = ownDatabase(view);
  if (database === undefined || !isExternal(database.url.href, litellm, view)) return [];
  const { hostname } = database.url;
  const written = (config ?? litellm).environment.get(database.variable ?? "");
  const at = written === undefined ? "" : ` (${placeOf(folder, written.location)})`;
  return [
    `LiteLLM's database at ${hostname}${at} runs in none of these files: a run has a PostgreSQL of its own in its place.`,
  ];
}

/**
 * Says that a run does without LiteLLM's Redis, where the operator's runs in none of the compose files.
 *
 * @param standIns what `init` writes in place of missing files: the operator's Redis is not known from them
 */
export function externalCacheRemarks(
  { folder, compose, litellm, config }: DeploymentView,
  standIns: readonly { text: string }[],
): string[] {
  const litellmConfig = config ?? { environment: litellm.environment, document: {} };
  const host = foreignCache({ compose, litellm, litellmConfig });
  const isInactive = [...compose.inactive.values()].some(({ name }) => name === host);
  if (host === undefined || isInactive) return [];
  const texts = [...litellmConfig.environment.values(), ...(config?.texts ?? []).map(({ value }) => value)];
  const location = texts.find(({ value }) => value.includes(host))?.location;
  const isMadeUp = standIns.some(({ text }) => [`=${host}`, `//${host}`].some((made) => text.includes(made)));
  if (location === undefined || isMadeUp) return [];
  return [
    `LiteLLM's Redis at ${host} (${placeOf(folder, location)}) runs in none of these files: a run leaves out the cache and all ` +
      "that LiteLLM keeps there.",
  ];
}

/**
 * Asks for a stand-in of an MCP server whose service calls a PostgreSQL that runs in none of the compose files: a run has none there,
 * except for LiteLLM itself.
 */
export function externalDatabaseQuestions(view: DeploymentView, service: ComposeService): string[] {
  const own = ownDatabase(view)?.url.host;
  return [...service.environment].flatMap(([variable, { value, location }]) => {
    if (!isPostgresUrl(value) || !isExternal(value, service, view)) return [];
    const { host, hostname } = new URL(value);
    if (host === own) return [];
    return [
      `is a stand-in to take its place? Its service ${service.key} calls the PostgreSQL at ${hostname} (${variable}, ` +
        `${placeOf(view.folder, location)}), which runs in none of these files, so that its calls fail in a run. With ` +
        "`stand_in: true` and `tools:` a server of the suite's own takes its place",
    ];
  });
}

function ownDatabase({ litellm, config }: DeploymentView): LiteLLMDatabase | undefined {
  return liteLLMDatabase(config ?? { environment: litellm.environment, document: {} });
}

/** Whether no service has the host of a URL. That of a URL which `init` made up is not known. */
function isExternal(url: string, from: ComposeService, { compose }: DeploymentView): boolean {
  const { hostname } = new URL(url);
  const isInactive = [...compose.inactive.values()].some(({ name }) => name === hostname);
  return (
    hostname !== "" && !isInactive && !/placeholder/i.test(url) && serviceAt(compose, hostname, from) === undefined
  );
}

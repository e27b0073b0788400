import { leadsToLiteLLMFrom } from "../../clients/host-place.ts";
import { isOpenWebUiImage, type OpenWebUiProvider, openWebUiProviders } from "../../clients/open-webui.ts";
import type { ComposeService } from "../../compose/types.ts";
import { extraHosts, serviceAt } from "../../services/hosts.ts";
import type { DeploymentView } from "../deployment-view.ts";
import { placeOf } from "../files/compose-files.ts";
import type { ItemOf, Stated } from "../policy-input.ts";
import type { FoundClient } from "./clients.ts";
import { isMasterKey } from "./secrets.ts";

type ClientInput = ItemOf<"clients">;

/** What decides which services are clients. */
export interface ServiceClientContext {
  /** The deployment with each secret replaced by a text of its own. */
  marked: DeploymentView;
  /** Names of the gateway. */
  hosts: readonly string[];
  /** The clients with files of their own. */
  files: readonly FoundClient[];
}

/** The clients that services run, and the files that are clients of their own. */
export interface ServiceClients {
  inServices: readonly Stated<ClientInput>[];
  inFiles: readonly FoundClient[];
  questions: readonly string[];
}

/**
 * The services that are Open WebUI and have the gateway as a model provider. One is a client where the run's LiteLLM knows its key:
 * the master key, or one that a module judges. For any other, a question asks for what the files do not say. A file whose address
 * such a client has is part of its service, and not a client of its own.
 */
export function serviceClients(view: DeploymentView, { marked, hosts, files }: ServiceClientContext): ServiceClients {
  const found = [...marked.compose.services.values()].flatMap((service) => {
    const provider = gatewayProvider(marked, service, hosts);
    return provider === undefined ? [] : [{ service, provider }];
  });
  const taken = new Set(files.map(({ stated }) => stated.value.name));
  const inServices: Stated<ClientInput>[] = [];
  const urls: string[] = [];
  const questions: string[] = [];
  for (const { service, provider } of found) {
    const value = { name: freeName(taken), kind: "open-webui" as const, service: service.key };
    taken.add(value.name);
    const question = keyQuestion({ view, marked }, value, provider);
    if (question === undefined) {
      inServices.push({ value });
      urls.push(provider.url);
    } else questions.push(question);
  }
  const inFiles = files.filter(
    ({ stated, text }) => stated.value.kind !== "open-webui" || !urls.some((url) => text.includes(url)),
  );
  return { inServices, inFiles, questions };
}

/** The model provider of a service that is the gateway; undefined for a service that is not Open WebUI, or has no other. */
function gatewayProvider(
  view: DeploymentView,
  service: ComposeService,
  hosts: readonly string[],
): OpenWebUiProvider | undefined {
  // On the network of the host or of another container, a run has no place like it.
  if (service.networkMode !== undefined || !isOpenWebUiImage(service.image?.value ?? "")) return undefined;
  return openWebUiProviders(service.environment).find(({ url }) => {
    if (!URL.canParse(url)) return false;
    const { hostname } = new URL(url);
    if (leadsToLiteLLMFrom(service, view.litellm, url)) return true;
    if (extraHosts(service).includes(hostname)) return false;
    return hosts.includes(hostname) || serviceAt(view.compose, hostname, service)?.key === view.litellm.key;
  });
}

/** What has to be known before the service is a client: its key, and what the key may do; undefined where the files say it. */
function keyQuestion(
  { view, marked }: { view: DeploymentView; marked: DeploymentView },
  client: { name: string; service: string },
  { key, location }: OpenWebUiProvider,
): string | undefined {
  const { name, service } = client;
  const at = placeOf(view.folder, location);
  const add = `add \`{ name: ${name}, kind: open-webui, service: ${service} }\` to \`clients\`: until then nothing is proved of it`;
  if (key === undefined)
    return `which key does ${service} send to LiteLLM (${at})? No file gives it OPENAI_API_KEY; set it, and ${add}`;
  const variable = [...marked.variables].find(([, value]) => value === key)?.[0];
  if (variable !== undefined && (isMasterKey(view, variable) || view.config?.customAuth !== undefined))
    return undefined;
  if (variable === undefined && marked.config?.masterKey === key)
    return `which variable holds the master key that ${service} sends to LiteLLM (${at})? It is in the file itself; name the variable in both places, and ${add}`;
  const named = variable === undefined ? "" : ` with \`secret: ${variable}\``;
  return `what may the key do that ${service} sends to LiteLLM (${at})? It is not the master key: state its rights under \`identities\`${named}, and ${add}`;
}

function freeName(taken: ReadonlySet<string>): string {
  const kind = "open-webui";
  for (let count = 1; ; count++) {
    const name = count === 1 ? kind : `${kind}-${count}`;
    if (!taken.has(name)) return name;
  }
}

import { resolved } from "../../litellm/addresses.ts";
import { type ListedModel, listedModels } from "../../litellm/chat-models.ts";
import type { LiteLLMConfig } from "../../litellm/types.ts";
import { addressIn, extraHosts, isOnTheInternet, serviceAt } from "../../services/hosts.ts";
import { namespaceOwner, networkKeysOf } from "../../services/network-namespace.ts";
import type { DeploymentView } from "../deployment-view.ts";
import type { ItemOf, Stated } from "../policy-input.ts";
import { portsInOrder } from "./ports.ts";

/** The port of a provider's own address, and what is assumed of an address that is not known. */
const httpsPort = 443;

/**
 * Providers without an address on the internet: the operator runs the server, and LiteLLM's default is the loopback, or none. Source:
 * litellm 1.77.1, main.py and llms/.
 */
const localProviders = new Set(
  "hosted_vllm litellm_proxy llamafile lm_studio ollama ollama_chat oobabooga vllm xinference".split(" "),
);

/** LiteLLM calls model providers and MCP servers outside, as far as its config names any and one of its networks leads there. */
export function stateEgress(view: DeploymentView): Stated<ItemOf<"reach">>[] {
  const { compose, litellm, config } = view;
  const networks = networkKeysOf(namespaceOwner(compose, litellm));
  const hasWayOut = networks.some((network) => compose.networks.get(network)?.internal !== true);
  if (!hasWayOut || config === undefined) return [];
  const outside = outsidePort(view);
  const providers = listedModels(config).flatMap((model) => providerPort(model, config, outside) ?? []);
  const servers = config.upstreams.flatMap((one) => ("url" in one ? (outside(one.url) ?? []) : []));
  const called = [
    ...(providers.length === 0 ? [] : ["model providers"]),
    ...(servers.length === 0 ? [] : ["MCP servers outside"]),
  ];
  const ports = portsInOrder([...providers, ...servers]);
  return ports.length === 0
    ? []
    : [{ value: { from: litellm.key, to: "outside", ports }, remarks: [`The ${called.join(" and the ")}.`] }];
}

/** The port outside at which LiteLLM calls the provider of a model; undefined for a provider that is not outside. */
function providerPort(
  { litellm_params: parameters }: ListedModel,
  { environment }: LiteLLMConfig,
  outside: (url: string) => number | undefined,
): number | undefined {
  const { model, api_base: base, base_url: alias, custom_llm_provider: custom } = parameters;
  const provider = typeof custom === "string" ? custom : (/^([^/]+)\//.exec(model)?.[1] ?? "");
  const prefix = provider.replace(/_chat$/, "").toUpperCase();
  const variables = [`${prefix}_BASE_URL`, `${prefix}_API_BASE`].map((name) => environment.get(name)?.value);
  const [url] = [base, alias, ...variables].flatMap((value) => resolved(value, environment) ?? []);
  if (url !== undefined && isKnown(url)) return outside(url);
  return localProviders.has(provider) ? undefined : httpsPort;
}

/** Whether a URL shows where it leads: the placeholder of a variable that no file sets does not. */
function isKnown(url: string): boolean {
  const address = addressIn(url);
  return address !== undefined && !/\.(?:invalid|test)$/.test(address.host);
}

/** The port of a URL that leads outside; undefined for one that leads to a service, to the host, or to the host's network. */
function outsidePort({ compose, litellm }: DeploymentView): (url: string) => number | undefined {
  const from = namespaceOwner(compose, litellm);
  return (url) => {
    const { host, port = httpsPort } = addressIn(url) ?? {};
    if (host === undefined || serviceAt(compose, host, from) !== undefined) return undefined;
    return isOnTheInternet(host) && !extraHosts(from).includes(host) ? port : undefined;
  };
}

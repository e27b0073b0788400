import type { ComposeService } from "../../compose/types.ts";
import { namedDatabase } from "../../litellm/database.ts";
import { outlineOf } from "../../services/build-outline.ts";
import { addressIn, serviceAt } from "../../services/hosts.ts";
import { knownImage } from "../../services/known-images.ts";
import type { DeploymentView } from "../deployment-view.ts";
import type { ItemOf, Stated } from "../policy-input.ts";
import { declaredPorts } from "./ports.ts";

/**
 * MCP servers in containers of their own that LiteLLM's config does not name, where LiteLLM has a database: they are
 * likely to be registered there. Only what a run can install is stated.
 */
export function databaseUpstreams({
  compose,
  litellm,
  traefik,
  config,
}: DeploymentView): Stated<ItemOf<"upstreams">>[] {
  if (namedDatabase(config ?? { environment: litellm.environment, document: {} }) === undefined) return [];
  const urls = (config?.upstreams ?? []).flatMap((upstream) => ("url" in upstream ? upstream.url : []));
  const configured = urls.map((url) => serviceAt(compose, addressIn(url)?.host ?? url, litellm));
  return [...compose.services.values()].flatMap((service) => {
    const [port] = declaredPorts(service);
    const sharesNetwork = [...service.networks.keys()].some((network) => litellm.networks.has(network));
    // LiteLLM's own image may be built with a library of MCP.
    const isOwn = service === litellm || service === traefik;
    if (isOwn || configured.includes(service) || port === undefined || !sharesNetwork || !isMcpServer(service))
      return [];
    return [
      {
        value: {
          // LiteLLM separates server and tool by a dash.
          name: service.name.replace(/^mcp[-_]|[-_]mcp$/g, "").replaceAll("-", "_"),
          in: "database" as const,
          url: `http://${service.name}:${port}/mcp`,
          transport: "http" as const,
        },
        questions: [
          `is ${service.key} registered in LiteLLM's database, under which name and address? Guessed from its name`,
        ],
      },
    ];
  });
}

/** Whether a service runs an MCP server whose package is known. */
function isMcpServer({ image, build }: ComposeService): boolean {
  const built = build === undefined ? [] : (outlineOf(build)?.packages ?? []);
  const known = image === undefined ? undefined : knownImage(image.value);
  return known !== undefined || built.some(({ name }) => /mcp|modelcontextprotocol/i.test(name));
}

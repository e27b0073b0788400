import type { ComposeFile, ComposeService, ComposeValue } from "../../compose/types.ts";
import type { LiteLLMConfig } from "../../litellm/types.ts";
import { addressIn, serviceAt } from "../../services/hosts.ts";
import { servicesInNamespace } from "../../services/network-namespace.ts";
import { proxyOf, tailscale } from "../../services/proxy-images.ts";
import type { SourceLocation } from "../../source/location.ts";
import { parseRule, RuleError } from "../../traefik/rules/rule.ts";
import { argumentsOf } from "../edge/probe-paths.ts";

/** A proxy that LiteLLM's service is made for, and that the suite does not run. */
export interface OtherProxy {
  /** As a reader knows it, e.g. `Traefik`. */
  proxy: string;
  /** The host names by which it serves LiteLLM, in lower case. */
  hosts: readonly string[];
  /** The line that says it. */
  location: SourceLocation;
}

/**
 * The proxy in front of LiteLLM where no Traefik of the files is: Traefik by the labels of LiteLLM's service, caddy-docker-proxy
 * by its label, nginx-proxy by `VIRTUAL_HOST`.
 */
export function otherProxy(service: ComposeService): OtherProxy | undefined {
  const { labels, deployLabels, environment } = service;
  const own = [...labels, ...deployLabels];
  const traefik = turnsTraefikOff(service) ? undefined : byLabelsForTraefik(service);
  if (traefik !== undefined) return traefik;
  const caddy = own.find(([key]) => /^caddy(?:_\d+)?$/.test(key));
  if (caddy !== undefined) return found("Caddy", caddy[1], caddy[1].value.split(/[\s,]+/));
  const nginx = environment.get("VIRTUAL_HOST");
  return nginx && found("nginx", nginx, nginx.value.split(","));
}

/**
 * The rules in the labels of a service that Traefik leaves out, because `traefik.enable` is `false`.
 *
 * @returns undefined for a service that Traefik does not leave out, and for one whose labels have no rule with a host
 */
export function rulesTurnedOff(service: ComposeService): OtherProxy | undefined {
  const labelled = turnsTraefikOff(service) ? byLabelsForTraefik(service) : undefined;
  return labelled !== undefined && labelled.hosts.length > 0 ? labelled : undefined;
}

function byLabelsForTraefik({ labels, deployLabels }: ComposeService): OtherProxy | undefined {
  const traefik = [...labels, ...deployLabels].filter(([key]) => key.startsWith("traefik."));
  const rules = traefik.filter(([key]) => /^traefik\.http\.routers\.[^.]+\.rule$/i.test(key));
  if (traefik[0] === undefined) return undefined;
  const [, first] = rules[0] ?? traefik[0];
  return found(
    "Traefik",
    first,
    rules.flatMap(([, { value }]) => hostsOf(value)),
  );
}

/** Whether a service's own labels say that Traefik is to leave it out. */
export function turnsTraefikOff({ labels, deployLabels }: Pick<ComposeService, "labels" | "deployLabels">): boolean {
  return [labels, deployLabels].some((own) => /^false$/i.test(own.get("traefik.enable")?.value.trim() ?? ""));
}

function found(proxy: string, { location }: Pick<ComposeValue, "location">, hosts: readonly string[]): OtherProxy {
  const names = hosts.map((host) => host.trim().toLowerCase()).filter((host) => /^[a-z0-9][a-z0-9.-]*$/.test(host));
  return { proxy, hosts: [...new Set(names)], location };
}

function hostsOf(rule: string): string[] {
  try {
    return argumentsOf(parseRule(rule), ["Host"]);
  } catch (error) {
    if (error instanceof RuleError) return [];
    throw error;
  }
}

/**
 * The proxies and tunnels among the services that clients may come through to LiteLLM: the name and the line of each. One that
 * publishes no port and that LiteLLM itself calls stands in front of an MCP server.
 */
export function proxiesAmong({
  compose,
  litellm,
  config,
}: {
  compose: ComposeFile;
  litellm: ComposeService;
  config: Pick<LiteLLMConfig, "upstreams"> | undefined;
}): { proxy: string; location: SourceLocation }[] {
  const called = new Set(
    (config?.upstreams ?? []).flatMap((upstream) =>
      "url" in upstream ? (serviceAt(compose, addressIn(upstream.url)?.host ?? "", litellm) ?? []) : [],
    ),
  );
  return [...compose.services.values()].flatMap((service) => {
    const proxy = proxyOf(service);
    if (proxy === undefined || (proxy === tailscale && isNodeOfOthers(service, compose, litellm))) return [];
    if (called.has(service) && service.ports.length === 0) return [];
    return [{ proxy, location: service.location }];
  });
}

/**
 * Whether a Tailscale node leads to other services alone: those in its network namespace (`network_mode: service:<node>`). One that
 * forwards to other addresses may lead to LiteLLM too. Source: Tailscale's documentation, "Using Tailscale with Docker".
 */
function isNodeOfOthers(node: ComposeService, compose: ComposeFile, litellm: ComposeService): boolean {
  const { environment } = node;
  const isRouter =
    ["TS_ROUTES", "TS_DEST_IP"].some((name) => (environment.get(name)?.value ?? "") !== "") ||
    (environment.get("TS_EXTRA_ARGS")?.value ?? "").includes("--advertise-routes");
  const led = servicesInNamespace(compose, node).filter((one) => one !== node);
  return !isRouter && led.length > 0 && !led.some((one) => one.key === litellm.key || proxyOf(one) !== undefined);
}

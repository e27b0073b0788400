import { publishedTo } from "../../compose/host-address.ts";
import type { ComposeService } from "../../compose/types.ts";
import { portsOnHost } from "../../services/host-network.ts";
import { namespaceOwner, networkKeysOf } from "../../services/network-namespace.ts";
import type { DeploymentView } from "../deployment-view.ts";
import type { HostInput, ItemOf, Stated } from "../policy-input.ts";
import { stateEgress } from "./egress.ts";
import { listeningPorts, type TraefikPorts } from "./listening-ports.ts";
import { portsInOrder } from "./ports.ts";

type ReachInput = ItemOf<"reach">;

/** What reachability follows from, next to the compose files. */
export interface ReachContext extends TraefikPorts {
  hosts: readonly HostInput[];
  /** Whether the deployment has a firewall, which decides what the outside reaches. */
  hasFirewall: boolean;
}

/** More services than these on one network share it for other reasons than the gateway. */
const mostNeighbours = 8;

/**
 * What compose's networks and published ports allow, as far as the gateway needs it.
 *
 * @returns next to the rules, the questions about ports where no rule is about one
 */
export function stateReach(
  view: DeploymentView,
  context: ReachContext,
): { rules: Stated<ReachInput>[]; questions: readonly string[] } {
  const [first, ...others] = publishedRules(view, context);
  const questions = portQuestions(view, context);
  const own = first === undefined ? [] : [{ value: first, questions }, ...others.map((value) => ({ value }))];
  return {
    rules: [...own, ...neighbours(view, context), ...stateEgress(view)],
    questions: first === undefined ? questions : [],
  };
}

/** A port of a service that the host publishes. */
interface PublishedPort {
  service: ComposeService;
  port: ReturnType<typeof portsOnHost>[number];
}

function publishedPorts(view: DeploymentView, { entryPoints }: ReachContext): PublishedPort[] {
  const listeners = { ...view, entryPoints };
  return [...view.compose.services.values()].flatMap((service) =>
    portsOnHost(service, listeners)
      .filter(({ protocol, address }) => protocol === "tcp" && publishedTo(address) !== "nobody")
      .map((port) => ({ service, port })),
  );
}

/** The published ports by which a zone reaches the gateway's hosts, or LiteLLM itself. */
function gatewayPorts(view: DeploymentView, context: ReachContext, zone: HostInput["zone"]): PublishedPort[] {
  const { hosts, entryPoints } = context;
  const own = hosts.filter((host) => host.zone === zone);
  const names = own.map((host) => host.entry_point);
  const inside = new Set(entryPoints.filter(({ name }) => names.includes(name)).map(({ port }) => port));
  const places = ["everyone", zone === "internal" ? "lan" : "outside"];
  return publishedPorts(view, context).filter(({ service, port }) => {
    const isOfTraefik = service === view.traefik && inside.has(port.container);
    const isOfLiteLLM = service === view.litellm && zone === "internal" && own.length > 0;
    return (isOfTraefik || isOfLiteLLM) && places.includes(publishedTo(port.address));
  });
}

function publishedRules(view: DeploymentView, context: ReachContext): ReachInput[] {
  return (["internal", "external"] as const).flatMap((zone) => {
    const ports = gatewayPorts(view, context, zone).map(({ port }) => port.host);
    const name = context.hosts.find((host) => host.zone === zone)?.name;
    const from = zone === "internal" ? ("lan" as const) : ("outside" as const);
    return ports.length === 0 || name === undefined
      ? []
      : [{ from, to: "gateway-host", as: name, ports: portsInOrder(ports) }];
  });
}

function portQuestions(view: DeploymentView, context: ReachContext): string[] {
  const all = publishedPorts(view, context);
  const shown = ({ service, port }: PublishedPort): string => `${service.key} ${port.address} ${port.host}`;
  const stated = new Set(
    (["internal", "external"] as const).flatMap((zone) => gatewayPorts(view, context, zone).map(shown)),
  );
  const rest = all.filter((one) => !stated.has(shown(one)));
  const open = portsInOrder(
    all.filter(({ port }) => publishedTo(port.address) === "everyone").map(({ port }) => port.host),
  );
  return [
    ...rest.map(
      ({ service, port }) =>
        `port ${port.host} of ${service.key} is published on ${port.address === undefined ? "every address" : port.address}: who may use it?`,
    ),
    ...(context.hasFirewall || open.length === 0
      ? []
      : [
          `no firewall is in the deployment, so what is published (${open.join(", ")}) is open to the LAN and to the outside alike, unless ` +
            "something else stops them. What is meant?",
        ]),
  ];
}

/** Services on one docker network connect to each other on every port that listens there. */
function neighbours(view: DeploymentView, context: ReachContext): Stated<ReachInput>[] {
  const { compose, litellm, traefik } = view;
  const services = [...compose.services.values()].filter(({ networkMode }) => networkMode === undefined);
  const underTest = [litellm, ...(traefik === undefined ? [] : [traefik])].map((one) => namespaceOwner(compose, one));
  const portsOf = listeningPorts(view, context);
  const sharing = (one: ComposeService, other: ComposeService): string | undefined =>
    networkKeysOf(one).find((network) => networkKeysOf(other).includes(network));
  const asked = new Set<string>();
  return services.flatMap((from) =>
    services.flatMap((to): Stated<ReachInput>[] => {
      const network = from === to ? undefined : sharing(from, to);
      if (network === undefined) return [];
      const isOwn = [from, to].some((one) => underTest.includes(one));
      if (!isOwn && services.filter((one) => networkKeysOf(one).includes(network)).length > mostNeighbours) return [];
      const ports = portsOf(to);
      const alias = [...(to.networks.get(network) ?? [])].find((name) =>
        context.hosts.some((host) => host.name === name),
      );
      const named = alias === undefined ? {} : { as: alias };
      if (ports.length === 0) return [];
      const isAsked = !isOwn && !asked.has(network);
      if (isAsked) asked.add(network);
      const question = `is it meant that services on ${network} reach each other, and not only LiteLLM?`;
      return [
        { value: { from: from.key, to: to.key, ...named, ports: [...ports] }, questions: isAsked ? [question] : [] },
      ];
    }),
  );
}

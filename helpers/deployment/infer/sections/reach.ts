import { publishedTo } from "../../compose/host-address.ts";
import type { ComposeService } from "../../compose/types.ts";
import { portsOnHost } from "../../services/host-network.ts";
import { liteLLMPortOf } from "../../services/litellm-port.ts";
import type { DeploymentView } from "../deployment-view.ts";
import type { EdgeEntryPoint } from "../edge/edge-view.ts";
import type { HostInput, ItemOf, Stated } from "../policy-input.ts";

import { declaredPorts, portsInOrder } from "./ports.ts";

type ReachInput = ItemOf<"reach">;

/** What reachability follows from, next to the compose files. */
export interface ReachContext {
  hosts: readonly HostInput[];
  entryPoints: readonly EdgeEntryPoint[];
  /** The port of Traefik's own entry point, where it answers pings or metrics and has no API. */
  ownPort?: number | undefined;
  /** Whether the deployment has a firewall, which decides what the outside reaches. */
  hasFirewall: boolean;
}

/** Ports of images that everybody runs as they are. With another entry point they run something else, e.g. a script of SQL. */
const portsOfImages: readonly [image: RegExp, port: number][] = [
  [/(?:^|\/)(?:postgres|postgresql|pgvector|timescaledb)\b/, 5432],
  [/(?:^|\/)(?:redis|valkey)\b/, 6379],
];

/** More services than these on one network share it for other reasons than the gateway. */
const mostNeighbours = 8;

/** What compose's networks and published ports allow, as far as the gateway needs it. */
export function stateReach(view: DeploymentView, context: ReachContext): Stated<ReachInput>[] {
  return [...published(view, context), ...neighbours(view, context), ...toOutside(view)];
}

function published(view: DeploymentView, { hosts, entryPoints, hasFirewall }: ReachContext): Stated<ReachInput>[] {
  const listeners = { ...view, entryPoints };
  const all = [...view.compose.services.values()].flatMap((service) =>
    portsOnHost(service, listeners)
      .filter(({ protocol, address }) => protocol === "tcp" && publishedTo(address) !== "nobody")
      .map((port) => ({ service, port })),
  );
  const isOpenTo = (zone: HostInput["zone"], address: string | undefined): boolean =>
    ["everyone", zone === "internal" ? "lan" : "outside"].includes(publishedTo(address));
  const portsFor = (zone: HostInput["zone"]): number[] => {
    const names = hosts.filter((host) => host.zone === zone).map((host) => host.entry_point);
    const inside = new Set(entryPoints.filter(({ name }) => names.includes(name)).map(({ port }) => port));
    return all.flatMap(({ service, port }) =>
      service === view.traefik && inside.has(port.container) && isOpenTo(zone, port.address) ? port.host : [],
    );
  };
  const ownPorts = all.flatMap(({ service, port }) =>
    service === view.litellm && isOpenTo("internal", port.address) ? port.host : [],
  );
  const rule = (from: "lan" | "outside", ports: readonly number[]): ReachInput[] => {
    const zone = from === "lan" ? "internal" : "external";
    const name = hosts.find((host) => host.zone === zone)?.name;
    return ports.length === 0 || name === undefined
      ? []
      : [{ from, to: "gateway-host", as: name, ports: portsInOrder(ports) }];
  };
  const isInside = hosts.some(({ zone }) => zone === "internal");
  const stated = [
    ...rule("lan", [...portsFor("internal"), ...(isInside ? ownPorts : [])]),
    ...rule("outside", portsFor("external")),
  ];
  const named = new Set(stated.flatMap(({ ports }) => ports));
  const rest = all.filter(({ port }) => !named.has(port.host));
  const open = portsInOrder(
    all.filter(({ port }) => publishedTo(port.address) === "everyone").map(({ port }) => port.host),
  );
  const questions = [
    ...rest.map(
      ({ service, port }) =>
        `port ${port.host} of ${service.key} is published on ${port.address === undefined ? "every address" : port.address}: who may use it?`,
    ),
    ...(hasFirewall || open.length === 0
      ? []
      : [
          `no firewall is in the deployment, so what is published (${open.join(", ")}) is open to the LAN and to the outside alike, unless ` +
            "something else stops them. What is meant?",
        ]),
  ];
  return stated.map((value, index) => (index === 0 ? { value, questions } : { value }));
}

/** Services on one docker network connect to each other on every port that listens there. */
function neighbours(view: DeploymentView, context: ReachContext): Stated<ReachInput>[] {
  const { compose, litellm, traefik } = view;
  const services = [...compose.services.values()].filter(({ networkMode }) => networkMode === undefined);
  const sharing = (one: ComposeService, other: ComposeService): string | undefined =>
    networksOf(one).find((network) => networksOf(other).includes(network));
  const asked = new Set<string>();
  return services.flatMap((from) =>
    services.flatMap((to): Stated<ReachInput>[] => {
      const network = from === to ? undefined : sharing(from, to);
      if (network === undefined) return [];
      const isOwn = [from, to].some((one) => one === litellm || one === traefik);
      if (!isOwn && services.filter((one) => networksOf(one).includes(network)).length > mostNeighbours) return [];
      const ports = listeningPorts(view, context, to);
      const alias = [...(to.networks.get(network) ?? [])].find((name) =>
        context.hosts.some((host) => host.name === name),
      );
      const named = alias === undefined ? {} : { as: alias };
      if (ports.length === 0) return [];
      const isAsked = !isOwn && !asked.has(network);
      if (isAsked) asked.add(network);
      const question = `is it meant that services on ${network} reach each other, and not only LiteLLM?`;
      return [{ value: { from: from.key, to: to.key, ...named, ports }, questions: isAsked ? [question] : [] }];
    }),
  );
}

function networksOf({ networks }: ComposeService): string[] {
  return networks.size === 0 ? ["default"] : [...networks.keys()];
}

function listeningPorts(
  { litellm, traefik }: DeploymentView,
  { entryPoints, ownPort }: ReachContext,
  service: ComposeService,
): number[] {
  if (service === litellm) return [liteLLMPortOf(service)];
  if (service === traefik)
    return portsInOrder([...entryPoints.map(({ port }) => port), ...(ownPort === undefined ? [] : [ownPort])]);
  const image = service.image?.value ?? "";
  const ofImage =
    service.entrypoint === undefined
      ? portsOfImages.flatMap(([pattern, port]) => (pattern.test(image) ? port : []))
      : [];
  return portsInOrder([...ofImage, ...declaredPorts(service)]);
}

/** LiteLLM calls its model providers. */
function toOutside({ compose, litellm, config }: DeploymentView): Stated<ReachInput>[] {
  const hasWayOut = networksOf(litellm).some((network) => compose.networks.get(network)?.internal !== true);
  if (!hasWayOut || config === undefined || config.models.length === 0) return [];
  return [{ value: { from: litellm.key, to: "outside", ports: [443] }, remarks: ["The model providers."] }];
}

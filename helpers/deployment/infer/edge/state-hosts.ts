import { isDeepStrictEqual } from "node:util";
import { isInternalName } from "../../services/hosts.ts";
import type { SourceLocation } from "../../source/location.ts";
import type { HostInput, ItemOf, Stated } from "../policy-input.ts";
import { type AllowList, allowListQuestions, type WrittenAllowList } from "./allow-lists.ts";
import { clientPort, isPublished, type Listening, unpublishedPort } from "./client-port.ts";
import type { ObservedHost, ObservedInjection } from "./observe-hosts.ts";
import { type SplitForm, splitForm } from "./split-form.ts";
import { type LiteLLMStatus, stateAccess } from "./state-access.ts";

/** What the hosts of a gateway let through, as its policy states it. */
export interface StatedHosts {
  hosts: readonly Stated<HostInput>[];
  /** The short form of `access`, where every host is split alike: the hosts then have none. */
  split: SplitForm | undefined;
  injected: readonly Stated<ItemOf<"injected">>[];
  /** Hosts of Traefik's rules that lead to other services. */
  others: readonly string[];
}

/** What stating needs to know of the deployment. */
export interface HostContext {
  statusOf: LiteLLMStatus;
  listening: Listening;
  /** Name of the secret that is put into a request; undefined for a text that no variable holds. */
  secretOf(authorization: string): string | undefined;
  /** The ranges of an allow list as the files have them; undefined where no file has them. */
  allowListOf(list: AllowList): WrittenAllowList | undefined;
  /** A line as a comment of the policy names it. */
  placeOf(location: SourceLocation): string;
  /** The compose service of a host name; undefined where none has it. */
  serviceOf(host: string): string | undefined;
}

/** The name under which a policy states a key that no variable holds. */
export const literalKeyName = "LITELLM_INJECTED_KEY";

/** States the hosts by which LiteLLM is reached or meant to be, and the entry points on which they only redirect. */
export function stateHosts(observed: readonly ObservedHost[], context: HostContext): StatedHosts {
  const isOwn = ({ isReached, leadsToLiteLLM }: ObservedHost): boolean => isReached || leadsToLiteLLM;
  const names = new Set(observed.flatMap((host) => (isOwn(host) ? host.name : [])));
  const own = observed.filter((host) => names.has(host.name) && (isOwn(host) || redirects(host)));
  const { served: all, remarksOf } = withoutContainersOnly(own, context.listening);
  const served = usualPortFirst(all, context.listening);
  const hosts = served.map((host) => {
    const { remarks = [], ...stated } = statedHost(host, context);
    return { ...stated, remarks: [...remarksOf(host), ...remarks] };
  });
  const split = splitForm(hosts);
  return {
    hosts: split === undefined ? hosts : hosts.map(withoutAccess),
    split,
    injected: statedInjections(served, context),
    others: [...new Set(observed.flatMap(({ name }) => (names.has(name) ? [] : name)))],
  };
}

/**
 * Leaves out the hosts on entry points that are not published, where a published one serves the same name by the same
 * scheme with the same access: a router that names no entry point is on every one, e.g. on that of the metrics.
 *
 * @returns also the remarks of those that stay
 */
function withoutContainersOnly(
  hosts: readonly ObservedHost[],
  listening: Listening,
): { served: readonly ObservedHost[]; remarksOf: (host: ObservedHost) => string[] } {
  const twins = new Map<ObservedHost, ObservedHost>();
  for (const host of hosts) {
    const twin = hosts.find(
      (one) =>
        one.name === host.name &&
        one.scheme === host.scheme &&
        isPublished(one, listening) &&
        isDeepStrictEqual(accessOf(one), accessOf(host)),
    );
    if (twin !== undefined && unpublishedPort(host, listening) !== undefined) twins.set(host, twin);
  }
  return {
    served: hosts.filter((host) => !twins.has(host)),
    remarksOf: (host) => [...twins].flatMap(([left, twin]) => (twin === host ? containersOnly(left, listening) : [])),
  };
}

/**
 * Of the hosts with one name and one scheme, first those that clients reach by the scheme's own port: a router with TLS may be on the
 * entry points for 80 and for 443. All others stay in their order.
 */
function usualPortFirst(hosts: readonly ObservedHost[], listening: Listening): ObservedHost[] {
  const isOther = (host: ObservedHost): number => (clientPort(host, listening) === undefined ? 0 : 1);
  const idOf = ({ name, scheme }: ObservedHost): string => `${scheme} ${name}`;
  const inOrder = new Map(
    [...Map.groupBy(hosts, idOf)].map(([id, group]) => [
      id,
      group.toSorted((one, other) => isOther(one) - isOther(other)).values(),
    ]),
  );
  return hosts.flatMap((host) => inOrder.get(idOf(host))?.next().value ?? []);
}

function accessOf({ rest, rules, injected, allowLists }: ObservedHost) {
  return { rest, rules, injected, allowLists };
}

function containersOnly(host: ObservedHost, listening: Listening): string {
  const { routers, entryPoint } = host;
  const which = routers.length === 1 ? `router ${routers[0]} also serves` : `routers ${routers.join(", ")} also serve`;
  return (
    `Left out: ${which} ${entryPoint}:${unpublishedPort(host, listening)} to containers; no port of Traefik's host leads ` +
    "there. A router that names no entry point is on every one."
  );
}

function withoutAccess({ value: { access: _, ...value }, ...notes }: Stated<HostInput>): Stated<HostInput> {
  return { ...notes, value };
}

function redirects({ rest }: ObservedHost): boolean {
  return [...rest.values()].every(({ who }) => who === "redirect");
}

function statedHost(
  observed: ObservedHost,
  { statusOf, serviceOf, listening, allowListOf, placeOf }: HostContext,
): Stated<HostInput> {
  const { name, entryPoint, scheme, questions, allowLists } = observed;
  const called = clientPort(observed, listening);
  const rules = stateAccess(observed, statusOf);
  const unknown = rules.flatMap(({ value }) => {
    if (value.service === undefined) return [];
    const service = serviceOf(value.service);
    if (service !== undefined) value.service = service;
    return service === undefined ? value.service : [];
  });
  return {
    value: {
      name,
      entry_point: entryPoint,
      ...(called === undefined ? {} : { port: called.port }),
      scheme,
      ...zoneOf(name),
      access: rules.map(({ value }) => value),
    },
    remarks: rules.flatMap(({ remarks = [] }) => remarks),
    questions: [
      ...(called === undefined ? [] : [called.question]),
      ...questions,
      ...(redirects(observed) ? [] : allowListQuestions(allowLists, allowListOf, placeOf)),
      ...rules.flatMap(({ questions = [] }) => questions),
      ...unknown.map((service) => `which compose service is ${service}, the forward-auth service?`),
    ],
  };
}

function zoneOf(name: string): Pick<HostInput, "zone"> {
  return { zone: isInternalName(name) ? "internal" : "external" };
}

function statedInjections(hosts: readonly ObservedHost[], { secretOf }: HostContext): Stated<ItemOf<"injected">>[] {
  const all = hosts.flatMap((host) => host.injected.map((injection) => ({ host: host.name, injection })));
  return [...Map.groupBy(all, ({ injection }) => injection.path)].flatMap(([path, found]) => {
    const [first] = found;
    if (first === undefined) return [];
    const secret = secretOf(first.injection.value);
    return [
      {
        value: {
          path,
          hosts: [...new Set(hostsOf(found).map(({ host }) => host))],
          methods: ["GET" as const],
          secret: secret ?? literalKeyName,
        },
        questions: injectionQuestions(path, found, secret),
      },
    ];
  });
}

type FoundInjection = { host: string; injection: ObservedInjection };

/** Those whose rule names them; where no rule names a host, every internal one, else all. */
function hostsOf(found: readonly FoundInjection[]): readonly FoundInjection[] {
  const named = found.filter(({ injection }) => injection.namesHost);
  if (named.length > 0) return named;
  const internal = found.filter(({ host }) => zoneOf(host).zone === "internal");
  return internal.length > 0 ? internal : found;
}

function injectionQuestions(path: string, found: readonly FoundInjection[], secret: string | undefined): string[] {
  const stated = hostsOf(found);
  const methods = [...new Set(found.flatMap(({ injection }) => injection.methods))];
  const more = methods.filter((method) => method !== "GET");
  const external = stated.filter(({ host }) => zoneOf(host).zone === "external").map(({ host }) => host);
  return [
    ...(secret === undefined
      ? [
          `the key is written into Traefik's configuration. Which variable is to hold it? ${literalKeyName} stands for it here, ` +
            "and the run makes one up",
        ]
      : []),
    ...(more.length > 0 ? [`${path} gets the key for ${methods.join(", ")} too: is more than GET meant?`] : []),
    ...(found.length > stated.length ? [`${path} gets the key on every host that Traefik serves: is that meant?`] : []),
    ...(external.length > 0
      ? [`is ${path} meant to get a key from outside, by ${[...new Set(external)].join(", ")}?`]
      : []),
  ];
}

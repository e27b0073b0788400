import { publishedTo } from "../compose/host-address.ts";
import { defaultTraefik } from "../facts.ts";
import { namedDatabase } from "../litellm/database.ts";
import { portsOnHost } from "../services/host-network.ts";
import type { HostRoute } from "../services/host-route.ts";
import { serviceAt } from "../services/hosts.ts";
import type { SourceLocation } from "../source/location.ts";
import type { TraefikPlaceholder } from "../traefik/placeholders.ts";
import type { DeploymentView } from "./deployment-view.ts";
import type { WrittenAllowList } from "./edge/allow-lists.ts";
import type { EdgeView } from "./edge/edge-view.ts";
import type { ObservedHost } from "./edge/observe-hosts.ts";
import type { LiteLLMStatus } from "./edge/state-access.ts";
import { stateHosts } from "./edge/state-hosts.ts";
import { pathIn, placeOf } from "./files/compose-files.ts";
import type { FoundProject } from "./files/found-project.ts";
import type { FoundProjects } from "./files/projects.ts";
import type { HostValues } from "./host/host-values.ts";
import type { HostInput, PolicyDraft, Stated } from "./policy-input.ts";
import { findClients, variablesOf } from "./sections/clients.ts";
import { configQuestions } from "./sections/config-question.ts";
import { stateDockerSocket } from "./sections/docker-socket.ts";
import { externalDatabaseRemarks } from "./sections/external-databases.ts";
import { stateFirewall } from "./sections/firewall.ts";
import { literalKeyQuestions } from "./sections/literal-keys.ts";
import { modelPatterns, stateModels } from "./sections/models.ts";
import { otherProxy, turnsTraefikOff } from "./sections/other-proxies.ts";
import { ownCodex } from "./sections/own-codex.ts";
import {
  apartQuestions,
  otherTraefikQuestions,
  proxyQuestions,
  turnedOffQuestions,
} from "./sections/proxy-questions.ts";
import { stateReach } from "./sections/reach.ts";
import { stateSecrets } from "./sections/secrets.ts";
import { serviceClients } from "./sections/service-clients.ts";
import { placeholderQuestions } from "./sections/traefik-placeholders.ts";
import { noImage, stateUpstreams, type UpstreamKnowledge } from "./sections/upstreams.ts";
import { versionParts } from "./stated-versions.ts";

/** What a policy is derived from. */
export interface Inference {
  view: DeploymentView;
  /** The same, with each secret replaced by a text of its own. */
  marked: DeploymentView;
  /** The URLs by which Traefik reaches LiteLLM through an address of the host. */
  hostRoutes: readonly HostRoute[];
  projects: FoundProjects;
  /** What stands for values of the host that no file gives. */
  host: HostValues;
  edge: Pick<EdgeView, "entryPoints">;
  /** Whether a file of Traefik's file provider has LiteLLM's address. */
  hasAddressInFiles: boolean;
  /** Where the host has the files of Traefik's file provider, which are not in the folder; undefined where they are known. */
  unknownFiles: { source: string; location: SourceLocation } | undefined;
  /** The examples that stand for files of Traefik's file provider which are missing next to them; absolute paths. */
  examples: readonly { path: string; file: string }[];
  /** Texts in Traefik's configuration that nobody has replaced. */
  traefikPlaceholders: readonly TraefikPlaceholder[];
  /** The ranges of an allow list of Traefik as the files have them, by its name in Traefik's API. */
  allowListOf(middleware: string): WrittenAllowList | undefined;
  /** The port of Traefik's own entry point, where it answers pings or metrics and has no API. */
  ownPort: number | undefined;
  /** What was asked of Traefik, or of its model. */
  observed: readonly ObservedHost[];
  /** LiteLLM's answers to a GET without a key, where it was asked. */
  statusOf: LiteLLMStatus;
  upstreams: UpstreamKnowledge;
  /** Services whose images can be neither pulled nor built here, by key, with the reason. */
  missing: ReadonlyMap<string, string>;
  /** The versions of parts that an earlier policy states: they stay. */
  partVersions: ReadonlyMap<string, string>;
  /** Whether there is a Traefik, and it does not stand in front of LiteLLM. */
  hasUnrelatedTraefik?: boolean;
  /** How the answers came about, for the head of the file. */
  remarks: readonly string[];
}

/** Derives a policy from a deployment's facts. */
export function inferPolicy(given: Inference): PolicyDraft {
  const { hosts, split, injected, others } = hostsOf(given);
  const inference = hosts.length > 0 ? given : withoutUnrelatedTraefik(given);
  const { view, projects, host, edge } = inference;
  const stated = hosts.length > 0 ? hosts : [placeholderHost(inference)];
  const names = [...new Set(stated.map(({ value }) => value.name))];
  const {
    inFiles: clients,
    inServices,
    questions: clientQuestions,
  } = serviceClients(view, {
    marked: inference.marked,
    hosts: names,
    files: findClients(view.folder, [...names, `${view.litellm.name}:`]),
  });
  const firewall = stateFirewall(view.folder);
  const secrets = stateSecrets(inference.marked, {
    inClients: new Set(clients.flatMap(variablesOf)),
    injected: new Set(injected.map(({ value }) => value.secret)),
  });
  const reach = stateReach(view, {
    hosts: stated.map(({ value }) => value),
    entryPoints: edge.entryPoints,
    ownPort: inference.ownPort,
    hasFirewall: firewall !== undefined,
  });
  const codex = clients.some(({ stated: { value } }) => value.kind === "codex")
    ? { stated: undefined, reasonWithout: undefined }
    : ownCodex(view, {
        hosts: stated.map(({ value }) => value),
        secrets,
        isOnTheLan: portsOnHost(view.traefik ?? view.litellm, { ...view, entryPoints: edge.entryPoints }).some(
          ({ address }) => ["everyone", "lan"].includes(publishedTo(address)),
        ),
      });
  return {
    ...beginning(projects, host),
    remarks: [...inference.remarks, ...outsideRemarks(others, projects), ...externalDatabaseRemarks(view)],
    toFix: [
      ...placeholderQuestions(inference.traefikPlaceholders, view.folder),
      ...(hosts.length > 0 ? apartQuestions(view) : []),
      ...fileProviderQuestions(inference),
      ...defaultQuestions(inference),
      ...literalKeyQuestions(inference.marked),
    ],
    questions: [
      ...turnedOffQuestions(view),
      ...exampleQuestions(inference),
      ...routeQuestions(inference),
      ...openQuestions(view),
      ...otherTraefikQuestions(given.view, view),
      ...clientQuestions,
      ...reach.questions,
    ],
    services: servicesOf(inference),
    parts: new Map([
      ...versionParts(inference.partVersions),
      ...loginParts(stated),
      ...missingParts(inference.missing),
    ]),
    hosts: stated,
    public: (split?.public ?? []).map((value) => ({ value })),
    refusal: split?.refusal,
    injected,
    upstreams: stateUpstreams(view, inference.upstreams, inference.missing),
    models: stateModels(view),
    clients: [
      ...clients.map((client) => client.stated),
      ...inServices,
      ...(codex.stated === undefined ? [] : [codex.stated]),
    ],
    reasonWithoutCodex: codex.reasonWithout,
    secrets,
    reach: reach.rules,
    dockerSocket: stateDockerSocket(given.view),
    firewall,
  };
}

/** Whom each host lets in, by the answers of its Traefik. */
function hostsOf({ view, observed, statusOf, edge, allowListOf }: Inference): ReturnType<typeof stateHosts> {
  return stateHosts(observed, {
    statusOf,
    listening: {
      entryPoints: edge.entryPoints,
      published:
        view.traefik === undefined ? [] : portsOnHost(view.traefik, { ...view, entryPoints: edge.entryPoints }),
    },
    allowListOf,
    placeOf: (location) => placeOf(view.folder, location),
    secretOf: (authorization) => variableOf(view, authorization),
    serviceOf: (host) => serviceAt(view.compose, host, view.traefik)?.key,
  });
}

/**
 * Where no rule of Traefik leads to LiteLLM, which publishes a port of its own, clients call that. With labels for Traefik, or its
 * address in a file of Traefik's, one is meant to, and its absence is a result.
 */
function withoutUnrelatedTraefik(inference: Inference): Inference {
  const { traefik, litellm } = inference.view;
  if (traefik === undefined || litellm.ports.length === 0) return inference;
  const { view } = inference;
  const hasLabels = [...litellm.labels.keys(), ...litellm.deployLabels.keys()].some((key) =>
    key.startsWith("traefik."),
  );
  if ((hasLabels && !turnsTraefikOff(litellm)) || inference.hasAddressInFiles) return inference;
  return { ...inference, view: { ...view, traefik: undefined }, hasUnrelatedTraefik: true };
}

/** The part of a policy without which the other files can't be read: the compose projects and what the host gives. */
export function beginning({ compose }: FoundProjects, { envFiles, variables, files }: HostValues): PolicyDraft {
  return {
    remarks: [],
    toFix: [],
    questions: [],
    services: undefined,
    envFile: compose === undefined && envFiles[0] !== undefined ? { value: envFiles[0] } : undefined,
    compose: (compose ?? []).map((project, index) => statedProject(project, envFiles[index])),
    variables,
    files,
    parts: new Map(),
    hosts: [{ value: { name: "litellm.internal", scheme: "http", zone: "internal" } }],
    public: [],
    refusal: undefined,
    injected: [],
    upstreams: [],
    models: [],
    clients: [],
    reasonWithoutCodex: undefined,
    secrets: [],
    reach: [],
    dockerSocket: [],
    firewall: undefined,
  };
}

/** The variable whose value a header carries; of several the one that no other part of LiteLLM uses comes first. */
function variableOf({ variables }: DeploymentView, authorization: string): string | undefined {
  const key = authorization.replace(/^\S+\s+/, "");
  return [...variables].find(([, value]) => value !== "" && value === key)?.[0];
}

function servicesOf({ view, hasUnrelatedTraefik }: Inference): PolicyDraft["services"] {
  const { litellm, traefik } = view;
  const names = {
    ...(hasUnrelatedTraefik === true ? { traefik: false as const } : {}),
    ...(litellm.key === "litellm" ? {} : { litellm: litellm.key }),
    ...(traefik === undefined || traefik.key === defaultTraefik ? {} : { traefik: traefik.key }),
  };
  return Object.keys(names).length === 0 ? undefined : names;
}

function statedProject(
  { project, files, directory, profiles, questions }: FoundProject,
  envFile: string | undefined,
): PolicyDraft["compose"][number] {
  return {
    value: {
      ...(project === undefined ? {} : { project }),
      files: [...files],
      ...(directory === undefined ? {} : { directory }),
      ...(envFile === undefined ? {} : { env_file: envFile }),
      ...(profiles.length === 0 ? {} : { profiles: [...profiles] }),
    },
    questions: [...questions],
  };
}

/** The image of a login service is seldom to be had, and its users are not in these files. */
function loginParts(hosts: readonly Stated<HostInput>[]): PolicyDraft["parts"] {
  const services = hosts.flatMap(({ value }) => (value.access ?? []).flatMap(({ service }) => service ?? []));
  return new Map(
    services.map((service) => [
      service,
      {
        value: { stand_in: "forward-auth" as const },
        remarks: [`A stand-in judges in the place of ${service}; without this line the service itself is started.`],
      },
    ]),
  );
}

/** A service that cannot run here is left out: all the rest of the gateway can be proved without it. */
function missingParts(missing: Inference["missing"]): PolicyDraft["parts"] {
  return new Map(
    [...missing].map(([service, reason]) => [
      service,
      {
        value: { left_out: noImage },
        remarks: [reason],
        questions: ["which package is in it, or which registry has its image (REGISTRY)? It is not part of the run"],
      },
    ]),
  );
}

/** Without a Traefik, clients call LiteLLM itself, by the port that it publishes. */
function directHost(url: URL | undefined, { litellm, folder }: DeploymentView, why: string): Stated<HostInput> {
  const other = otherProxy(litellm);
  const [labelled] = other?.hosts ?? [];
  const name = url?.hostname ?? labelled ?? "litellm.internal";
  const known =
    url !== undefined
      ? "The name is that of PROXY_BASE_URL"
      : labelled !== undefined
        ? `The name is in ${placeOf(folder, other?.location)}`
        : "No file gives it";
  return {
    value: { name, scheme: "http", zone: "internal", access: [{ who: "litellm" }] },
    questions: [`by which name do clients call the gateway? ${known}; ${why}, so LiteLLM is asked directly`],
  };
}

function isLoopbackName(name: string): boolean {
  return /^(?:(?:.*\.)?localhost|127(?:\.\d+){3}|\[::1?\]|0\.0\.0\.0)$/i.test(name);
}

/** A gateway must have a name: the one in LiteLLM's environment, else a placeholder. */
function placeholderHost({ view, edge, hasUnrelatedTraefik }: Inference): Stated<HostInput> {
  const { litellm, traefik } = view;
  const { entryPoints } = edge;
  const baseUrl = litellm.environment.get("PROXY_BASE_URL")?.value ?? "";
  // Each machine has a `localhost` of its own.
  const url = URL.canParse(baseUrl) && !isLoopbackName(new URL(baseUrl).hostname) ? new URL(baseUrl) : undefined;
  if (traefik === undefined) {
    const why = hasUnrelatedTraefik === true ? "no rule of Traefik leads to LiteLLM" : "the deployment has no Traefik";
    return directHost(url, view, why);
  }
  const scheme = url?.protocol === "https:" ? "https" : "http";
  const wanted = scheme === "https" ? /secure|https|tls/i : /^(?:web|http)$/i;
  const entryPoint = entryPoints.find(({ name }) => wanted.test(name)) ?? entryPoints[0];
  return {
    value: {
      name: url?.hostname ?? "litellm.internal",
      ...(entryPoint === undefined ? {} : { entry_point: entryPoint.name }),
      scheme,
      zone: url === undefined ? "internal" : "external",
      access: [{ who: "litellm" }],
    },
    questions: ["by which name do clients call the gateway? No rule of Traefik names a host that leads to LiteLLM"],
  };
}

function outsideRemarks(hosts: readonly string[], { others }: FoundProjects): string[] {
  return [
    ...(hosts.length === 0 ? [] : [`Not part of it, because LiteLLM is not reached by them: ${hosts.join(", ")}.`]),
    ...(others.length === 0 ? [] : [`Compose files that were left out: ${others.join(", ")}.`]),
  ];
}

/** An address of the host may be another machine's, where another LiteLLM runs. */
function routeQuestions({ hostRoutes, view }: Inference): string[] {
  const served = new Map(hostRoutes.map(({ url, location }) => [url, placeOf(view.folder, location)]));
  return [...served].map(
    ([url, at]) =>
      `does ${url} (${at}) lead to ${view.litellm.key}, which publishes this port? The run leads Traefik there without the host`,
  );
}

function exampleQuestions({ examples, view }: Inference): string[] {
  return examples.map(
    ({ path, file }) =>
      `is ${pathIn(view.folder, file)} a copy of ${pathIn(view.folder, path)}, which is not in this folder?`,
  );
}

/** A host that only a missing file names is missing from the policy. */
function fileProviderQuestions({ unknownFiles, view }: Inference): string[] {
  if (unknownFiles === undefined) return [];
  const { source, location } = unknownFiles;
  return [
    `which routers to ${view.litellm.key} are in ${source} (${placeOf(view.folder, location)})? Traefik's file provider reads it, and it ` +
      "is not in this folder: put a copy there, and call `npm run init` again",
  ];
}

/** Who reads the compose files has the secret, unless something sets the variable. */
function defaultQuestions({ host, view }: Inference): string[] {
  if (host.secretDefaults.length === 0) return [];
  const all = host.secretDefaults.map(({ name, location }) => `${name} (${placeOf(view.folder, location)})`);
  const [have, them, are] = all.length === 1 ? ["has a default", "it", "is it"] : ["have defaults", "them", "are they"];
  return [
    `${all.join(", ")} ${have} in the compose files, and every reader of the files knows ${them}: ${are} set where the gateway runs?`,
  ];
}

function openQuestions(view: DeploymentView): string[] {
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

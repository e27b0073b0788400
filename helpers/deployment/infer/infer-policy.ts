import { publishedTo } from "../compose/host-address.ts";
import { defaultTraefik } from "../facts.ts";
import { portsOnHost } from "../services/host-network.ts";
import { serviceAt } from "../services/hosts.ts";
import type { DeploymentView } from "./deployment-view.ts";
import { stateHosts } from "./edge/state-hosts.ts";
import { placeOf } from "./files/compose-files.ts";
import type { FoundProject } from "./files/found-project.ts";
import type { FoundProjects } from "./files/projects.ts";
import type { HostValues } from "./host/host-values.ts";
import type { Inference } from "./inference.ts";
import type { HostInput, PolicyDraft, Stated } from "./policy-input.ts";
import { findClients, variablesOf } from "./sections/clients.ts";
import { stateDockerSocket } from "./sections/docker-socket.ts";
import { externalCacheRemarks, externalDatabaseRemarks } from "./sections/external-databases.ts";
import {
  defaultQuestions,
  entryPointQuestions,
  exampleQuestions,
  fileProviderQuestions,
  openQuestions,
  routeQuestions,
} from "./sections/file-questions.ts";
import { stateFirewall } from "./sections/firewall.ts";
import { literalKeyQuestions } from "./sections/literal-keys.ts";
import { stateModels } from "./sections/models.ts";
import { otherLiteLLMQuestions } from "./sections/other-litellms.ts";
import { turnsTraefikOff } from "./sections/other-proxies.ts";
import { ownCodex } from "./sections/own-codex.ts";
import { placeholderQuestions } from "./sections/placeholder-questions.ts";
import { apartQuestions, otherTraefikQuestions, turnedOffQuestions } from "./sections/proxy-questions.ts";
import { stateReach } from "./sections/reach.ts";
import { stateSecrets } from "./sections/secrets.ts";
import { serviceClients } from "./sections/service-clients.ts";
import { placeholderHost } from "./sections/unnamed-host.ts";
import { noImage, stateUpstreams } from "./sections/upstreams.ts";
import { versionParts } from "./stated-versions.ts";

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
    files: findClients(view, names),
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
    remarks: [
      ...inference.remarks,
      ...outsideRemarks(others, projects),
      ...externalDatabaseRemarks(view),
      ...externalCacheRemarks(view, host.standIns),
    ],
    toFix: [
      ...placeholderQuestions([...inference.traefikPlaceholders, ...(view.config?.placeholders ?? [])], view.folder),
      ...(hosts.length > 0 ? apartQuestions(view) : []),
      ...entryPointQuestions(inference),
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
      ...otherLiteLLMQuestions(view),
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

function outsideRemarks(hosts: readonly string[], { others }: FoundProjects): string[] {
  return [
    ...(hosts.length === 0 ? [] : [`Not part of it, because LiteLLM is not reached by them: ${hosts.join(", ")}.`]),
    ...(others.length === 0 ? [] : [`Compose files that were left out: ${others.join(", ")}.`]),
  ];
}

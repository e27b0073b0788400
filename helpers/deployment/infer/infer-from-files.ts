import { dirname, join, posix, resolve } from "node:path";
import { DeploymentError } from "../../core/errors.ts";
import { type Facts, type FactsOptions, readFacts } from "../facts.ts";
import { readPolicyFile } from "../policy/read-policy.ts";
import { hostRoutes, joinedThroughHost } from "../services/host-route.ts";
import { namesOf } from "../services/hosts.ts";
import { withJoinedNamespaces } from "../services/joined-namespace.ts";
import { FaultList } from "../source/fault-list.ts";
import type { TraefikModel } from "../traefik/model.ts";
import { type DeploymentView, deploymentView, withHostSecrets } from "./deployment-view.ts";
import { writtenAllowList } from "./edge/allow-lists.ts";
import { askModel } from "./edge/model-answer.ts";
import { harmlessOwnPort, modelView } from "./edge/model-view.ts";
import { hostCandidates, observeHost } from "./edge/observe-hosts.ts";
import { unservedRouters } from "./edge/unserved-routers.ts";
import { pathIn } from "./files/compose-files.ts";
import { reportComposeTemplates } from "./files/compose-templates.ts";
import type { FoundProjects } from "./files/projects.ts";
import { unreadCompose } from "./files/unread-compose.ts";
import type { HostValues } from "./host/host-values.ts";
import { beginning } from "./infer-policy.ts";
import type { Inference } from "./inference.ts";
import { markedView } from "./marked-view.ts";
import { policyText } from "./policy-text.ts";
import type { UpstreamKnowledge } from "./sections/upstreams.ts";
import { statedVersions } from "./stated-versions.ts";

/** What a deployment's files alone are inferred from. */
export interface FileInference extends Pick<FactsOptions, "versions">, Pick<UpstreamKnowledge, "versionsOf"> {
  /** Absolute path. */
  folder: string;
  projects: FoundProjects;
  host: HostValues;
}

/**
 * Derives all that the files say. What only a running Traefik or LiteLLM can say is derived from their configuration, or
 * left open.
 *
 * @throws {DeploymentError} when the compose files can't be read, or LiteLLM is not among their services
 */
export async function inferFromFiles({
  folder,
  projects,
  host,
  versions,
  versionsOf,
}: FileInference): Promise<Inference> {
  if (projects.files.length === 0) throwIfTemplates(folder);
  const partVersions = statedVersions(join(folder, "policy.yaml"));
  const read = (replace?: FactsOptions["replace"]): Facts =>
    factsOf(folder, projects, host, { versions, partVersions, replace });
  const facts = read();
  const found = withHostSecrets(viewOf(facts), host);
  const model = found.traefik === undefined ? undefined : facts.traefik(found.traefik.key);
  const asWritten = withJoinedNamespaces(model, found);
  const view = joinedThroughHost(model, asWritten);
  const edge = model === undefined ? { routers: [], entryPoints: [] } : modelView(model, view);
  const ask = askModel(edge);
  return {
    view,
    marked: markedView(view, read),
    hostRoutes: hostRoutes(model, asWritten),
    projects,
    host,
    edge,
    unserved: model === undefined ? [] : unservedRouters(model, view),
    hasAddressInFiles: (model?.files?.options ?? []).some(({ value }) => isAddressOf(value, asWritten.litellm)),
    unknownFiles: unknownFiles(model),
    examples: (model?.files?.files ?? []).flatMap(({ path, file, standIn }) =>
      standIn === "example" && file !== undefined
        ? { path: posix.join(dirname(file), posix.basename(path)), file }
        : [],
    ),
    traefikPlaceholders: model?.placeholders ?? [],
    allowListOf: (list) => writtenAllowList(model, list),
    ownPort: model && harmlessOwnPort(model),
    observed: await Promise.all(hostCandidates(edge).map((candidate) => observeHost(edge, candidate, ask))),
    statusOf: () => undefined,
    upstreams: { versionsOf, toolsOf: () => undefined, exampleOf: () => undefined },
    missing: new Map(),
    partVersions: new Map([...partVersions].filter(([part]) => view.compose.services.has(part))),
    remarks: unreadCompose(folder).map(
      ({ file, line, what }) =>
        `A compose file that can't be read was left out: ${pathIn(folder, resolve(file))}:${line} (${what}).`,
    ),
  };
}

/** @throws {DeploymentError} where the folder has templates of compose files */
function throwIfTemplates(folder: string): void {
  const faults = new FaultList();
  reportComposeTemplates(folder, faults);
  faults.throwIfAny();
}

function unknownFiles(model: TraefikModel | undefined): Inference["unknownFiles"] {
  const source = model?.files?.unknownSource;
  const { directory, filename } = model?.static.fileProvider ?? {};
  const location = (directory ?? filename)?.location;
  return source === undefined || location === undefined ? undefined : { source, location };
}

function isAddressOf(value: string, litellm: DeploymentView["litellm"]): boolean {
  return URL.canParse(value) && namesOf(litellm).includes(new URL(value).hostname);
}

/** The facts by the compose projects and the host's values alone, which a policy would state. */
function factsOf(
  folder: string,
  projects: FoundProjects,
  host: HostValues,
  { versions, partVersions, replace }: Pick<FactsOptions, "versions" | "partVersions" | "replace">,
): Facts {
  const faults = new FaultList();
  const { policy, envFile } = readPolicyFile(
    join(folder, "policy.yaml"),
    faults,
    policyText(beginning(projects, host)),
  );
  faults.throwIfAny();
  return readFacts(folder, {
    envFile,
    compose: policy?.compose,
    variables: policy?.variables,
    files: policy?.files,
    // As in a run of the policy, which lists them: without a value in any file each has the one that replaces it.
    declared: new Map(
      [...host.demandedSecrets, ...(replace === undefined ? [] : host.secretDefaults)].map(({ name, location }) => [
        name,
        location,
      ]),
    ),
    versions,
    partVersions,
    replace,
  });
}

/** @throws {DeploymentError} */
function viewOf(facts: Facts): DeploymentView {
  const view = deploymentView(facts);
  if (typeof view !== "string") return view;
  const faults = new FaultList();
  faults.addAll(facts.faults);
  if (view === "litellm") {
    const templates = new FaultList();
    reportComposeTemplates(facts.folder, templates, true);
    if (templates.faults.length > 0) faults.addAll(templates);
    else
      faults.add(
        facts.compose?.file ?? join(facts.folder, "compose.yaml"),
        "none of the services looks like LiteLLM: by its image, its Dockerfile or its command",
        "call `npm run init` for the folder with LiteLLM's compose file, or write policy.yaml with `services:` by hand",
      );
  }
  throw new DeploymentError(faults.faults);
}

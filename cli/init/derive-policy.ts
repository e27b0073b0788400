import { lockedVersions } from "../../containers/images/recipes/recipe.ts";
import { missingServices } from "../../containers/run/missing-services.ts";
import { type ShortRun, shortRun } from "../../containers/run/short-run.ts";
import { CheckFailure, type FailureDetails } from "../../helpers/checks/check-failure.ts";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import type { RunConfig } from "../../helpers/core/run-config.ts";
import type { Progress } from "../../helpers/core/terminal/progress.ts";
import { displayPath } from "../../helpers/core/text/display-path.ts";
import type { AskEdge, EdgeView } from "../../helpers/deployment/infer/edge/edge-view.ts";
import { leadsToLiteLLMByName } from "../../helpers/deployment/infer/edge/model-view.ts";
import { hostCandidates, type ObservedHost, observeHost } from "../../helpers/deployment/infer/edge/observe-hosts.ts";
import { placeOf } from "../../helpers/deployment/infer/files/compose-files.ts";
import type { FoundProjects } from "../../helpers/deployment/infer/files/projects.ts";
import { withGuesses } from "../../helpers/deployment/infer/guessed-copies.ts";
import type { HostValues } from "../../helpers/deployment/infer/host/host-values.ts";
import { inferFromFiles } from "../../helpers/deployment/infer/infer-from-files.ts";
import { inferPolicy } from "../../helpers/deployment/infer/infer-policy.ts";
import type { Inference } from "../../helpers/deployment/infer/inference.ts";
import { policyText } from "../../helpers/deployment/infer/policy-text.ts";
import { loadDeployment } from "../../helpers/deployment/load.ts";
import { makeCanaries } from "../../helpers/deployment/source/canaries.ts";
import { serviceOf } from "../../helpers/deployment/traefik/missed-router.ts";
import { whyUnreachable } from "../../helpers/deployment/traefik/unreachable.ts";
import { type Deployment, type DeploymentWithTraefik, hasTraefik } from "../../helpers/deployment/types.ts";
import { liveEdge } from "./ask-edge.ts";
import { askGateway } from "./ask-gateway.ts";

/** How a policy is derived. */
export interface DeriveOptions {
  folder: string;
  projects: FoundProjects;
  host: HostValues;
  /** Start nothing: take what Traefik does from its files alone. */
  isOffline: boolean;
  config: RunConfig;
  progress: Progress;
}

/** A policy that the suite accepts. */
export interface DerivedPolicy {
  text: string;
  /** What has to be fixed in the deployment's files; the text has each as a question too. */
  toFix: readonly string[];
}

/**
 * Derives the policy of a deployment: from its files, and from the answers of its Traefik and its LiteLLM where they may
 * be started.
 *
 * @throws {DeploymentError} when the deployment can't be read
 * @throws {EnvironmentError} when there is no engine
 */
export async function derivePolicy({
  folder,
  projects,
  host,
  isOffline,
  config,
  progress,
}: DeriveOptions): Promise<DerivedPolicy> {
  const { versions } = config;
  const fromFiles = await inferFromFiles({ folder, projects, host, versions, versionsOf });
  const draftOfFiles = inferPolicy(fromFiles);
  const byFiles = policyText(draftOfFiles);
  const read = await loadDeployment(folder, { policy: byFiles, versions }).catch((error: unknown) => {
    throw withGuesses(error, { folder, files: host.files });
  });
  if (isOffline) return { text: byFiles, toFix: draftOfFiles.toFix };
  const known = { ...fromFiles, missing: await missingServices(read, { config, progress }) };
  const draft = policyText(inferPolicy(known));
  const asWritten = await loadDeployment(folder, { policy: draft, versions });
  const originals = new Map([...asWritten.variables].map(([name, { value }]) => [name, value]));
  const canaries = makeCanaries(asWritten.policy, originals, asWritten.literals);
  const { secrets: replace, literals } = canaries;
  const deployment = await loadDeployment(folder, { policy: draft, versions, replace, literals });
  const asked = await shortRun({ config, deployment, canaries, progress }, async (run) => {
    const edge = await askedEdge(run, known, { deployment, canary: canaries.target, progress });
    return await askedGateway(run, edge, progress);
  });
  const derived = inferPolicy(withNames(asked, originals, canaries.secrets));
  const text = policyText(derived);
  await loadDeployment(folder, { policy: text, versions });
  return { text, toFix: derived.toFix };
}

/** The versions of a package that the suite has a lock for; oldest first. */
function versionsOf(command: string): readonly string[] {
  return lockedVersions(`upstreams/${command}`);
}

/** Replaces what the files say of Traefik by what it answers. */
async function askedEdge(
  run: ShortRun,
  inference: Inference,
  { deployment, canary, progress }: { deployment: Deployment; canary: string; progress: Progress },
): Promise<Inference> {
  const { view } = inference;
  if (view.traefik === undefined || !hasTraefik(deployment)) return inference;
  try {
    const state = await run.rig("edge");
    const isLiteLLM = leadsToLiteLLMByName(deployment.traefikModel, view);
    await using edge = await liveEdge(state, { entryPoints: inference.edge.entryPoints, isLiteLLM, canary });
    const observed = await progress.during("ask Traefik", () => observeHosts(edge.view, edge.ask));
    return { ...inference, edge: edge.view, observed: [...observed, ...onlyInFiles(inference.observed, observed)] };
  } catch (error) {
    const what = "Traefik could not be asked, so hosts and access follow its files";
    return withRemark(inference, error, what, networksApart(deployment));
  }
}

/** Why Traefik gets no answer from a server of its routers, where their networks are the reason. */
function networksApart(deployment: DeploymentWithTraefik): string | undefined {
  const { traefikModel: model, litellm } = deployment;
  const own = model.containers.find(({ service }) => service.key === litellm.key)?.configuration.routers ?? [];
  for (const router of own) {
    const why = whyUnreachable(deployment, router, serviceOf(model, router));
    if (why?.isKnownService === true)
      return `${why.cause} (${displayPath(why.location.file)}:${why.location.line}); ${why.fix}`;
  }
  return undefined;
}

/** Hosts that lead to LiteLLM by Traefik's files and not by its answers: what is meant is in the files. */
function onlyInFiles(byFiles: readonly ObservedHost[], live: readonly ObservedHost[]): ObservedHost[] {
  const answered = new Set(
    live.flatMap(({ name, isReached, leadsToLiteLLM }) => (isReached || leadsToLiteLLM ? name : [])),
  );
  return byFiles
    .filter(({ name, isReached, leadsToLiteLLM }) => (isReached || leadsToLiteLLM) && !answered.has(name))
    .map((host) => ({
      ...host,
      questions: [
        ...host.questions,
        `is this meant? Traefik's files say it, but the Traefik of this run has no route from ${host.name} to LiteLLM: the first ` +
          "run says why",
      ],
    }));
}

async function observeHosts(view: EdgeView, ask: AskEdge): Promise<ObservedHost[]> {
  const observed: ObservedHost[] = [];
  for (const host of hostCandidates(view)) observed.push(await observeHost(view, host, ask));
  return observed;
}

/** Adds the tools of the upstreams, calls with a known result, and LiteLLM's answers to callers without a key. */
async function askedGateway(run: ShortRun, inference: Inference, progress: Progress): Promise<Inference> {
  const paths = inference.observed.flatMap(({ rules }) => rules.map(({ pattern }) => pattern.replace(/\/\*\*$/, "")));
  try {
    const gateway = await run.gateway();
    const asked = await progress.during("ask LiteLLM", () => askGateway(gateway, [...new Set(paths)]));
    const { statuses, tools, examples } = asked;
    return {
      ...inference,
      statusOf: (path) => statuses.get(path),
      upstreams: {
        ...inference.upstreams,
        toolsOf: (name) => tools.get(name),
        exampleOf: (name) => examples.get(name),
      },
    };
  } catch (error) {
    return withRemark(inference, error, "LiteLLM could not be asked, so tools and statuses are not known");
  }
}

/**
 * @param cause what the files say of it
 * @throws every error that comes neither from the environment nor from a LiteLLM that refuses its deployment
 */
function withRemark(inference: Inference, error: unknown, what: string, cause?: string): Inference {
  const reason =
    error instanceof CheckFailure
      ? refusalIn(inference.view.folder, error.details)
      : error instanceof EnvironmentError
        ? reasonOf(error, cause)
        : undefined;
  if (reason === undefined) throw error;
  return { ...inference, remarks: [...inference.remarks, `${what}: ${reason}`] };
}

/** An error in one line: its message, the last line of the part's log, and what the files say of it. */
export function reasonOf({ message, log }: EnvironmentError, cause?: string): string {
  const lastLine = log.at(-1)?.trim();
  const said = lastLine === undefined || lastLine === "" ? [] : [`its last line: ${lastLine}`];
  return [message.split("\n")[0], ...said, ...(cause === undefined ? [] : [cause])].join("; ");
}

/** Why LiteLLM does not start with this deployment, in one line. */
function refusalIn(folder: string, { summary, cause, location, fix }: FailureDetails): string {
  const at = location === undefined ? "" : ` (${placeOf(folder, location)})`;
  return [`${summary}${at}`, cause, fix === undefined ? undefined : `fix: ${fix}`]
    .filter((part) => part !== undefined)
    .join("; ");
}

/** An injected key arrives as the run's canary: the policy names the variable by the operator's value. */
function withNames(
  inference: Inference,
  originals: ReadonlyMap<string, string>,
  canaries: ReadonlyMap<string, string>,
): Inference {
  const original = (value: string): string => {
    const name = [...canaries].find(([, canary]) => value.endsWith(canary))?.[0];
    return name === undefined ? value : `Bearer ${originals.get(name) ?? value}`;
  };
  return {
    ...inference,
    observed: inference.observed.map((host) => ({
      ...host,
      injected: host.injected.map((injection) => ({ ...injection, value: original(injection.value) })),
    })),
  };
}

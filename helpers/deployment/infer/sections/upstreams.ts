import type { UpstreamConfig } from "../../litellm/types.ts";
import type { UpstreamExample } from "../../policy/types.ts";
import { outlineOf } from "../../services/build-outline.ts";
import { addressIn, serviceAt } from "../../services/hosts.ts";
import { ownScript } from "../../services/own-script.ts";
import type { PackageSpec } from "../../services/package-spec.ts";
import type { DeploymentView } from "../deployment-view.ts";
import { unknownHost } from "../host/placeholders.ts";
import type { ItemOf, Stated } from "../policy-input.ts";
import { bridgedHost } from "./bridged-host.ts";
import { databaseUpstreams } from "./database-upstreams.ts";
import { externalDatabaseQuestions } from "./external-databases.ts";
import { isPostgresUrl } from "./secret-kinds.ts";
import { askForStandIn, type StdioUpstream, statedVersion } from "./stdio-version.ts";

type UpstreamInput = ItemOf<"upstreams">;
type UrlUpstream = UpstreamConfig & { transport: "http" | "sse" };

/** What is known of upstreams beyond the deployment's files. */
export interface UpstreamKnowledge {
  /** The versions of the package behind a stdio command that the suite can install without a registry; newest last. */
  versionsOf(command: string): readonly string[];
  /** The tools that an upstream listed when it was asked; undefined where it was not, or did not answer. */
  toolsOf(upstream: string): readonly string[] | undefined;
  /** A call of an upstream whose two results had a text in common; undefined where none was found. */
  exampleOf(upstream: string): UpstreamExample | undefined;
}

/** Why a service is left out whose image nobody gives. */
export const noImage = "its image can be neither pulled nor built here";

/** Why a server with `spec_path` is left out: neither its API nor a stand-in is an MCP server that could be asked for its tools. */
const fromSpecification =
  "LiteLLM makes its tools from an OpenAPI document (spec_path), and the suite asks MCP servers only";

/**
 * The MCP servers of LiteLLM's config, and those that are likely to be in its database.
 *
 * @param missing services that cannot run here, by key
 */
export function stateUpstreams(
  view: DeploymentView,
  known: UpstreamKnowledge,
  missing: ReadonlyMap<string, string> = new Map(),
): Stated<UpstreamInput>[] {
  const { litellm, config } = view;
  const built = litellm.build === undefined ? [] : (outlineOf(litellm.build)?.packages ?? []);
  const configured = (config?.upstreams ?? []).map((upstream) =>
    upstream.transport === "stdio"
      ? stdioUpstream(view, upstream, { built, known })
      : urlUpstream(view, upstream, known, missing),
  );
  const unusable = (config?.unusableServers ?? []).map(({ name, why }) => ({
    value: { name, left_out: `LiteLLM can't list its tools: ${why}` },
  }));
  const isMissing = (url: string): boolean => {
    const service = serviceAt(view.compose, addressIn(url)?.host ?? url, litellm);
    return service !== undefined && missing.has(service.key);
  };
  const inDatabase = databaseUpstreams(view).filter(({ value: { url } }) => url === undefined || !isMissing(url));
  const registered = inDatabase.map(({ value, questions = [] }) => {
    const { tools, questions: open } = statedTools(known.toolsOf(value.name));
    return { value: { ...value, tools }, questions: [...questions, ...open] };
  });
  return withExamples([...configured, ...unusable, ...registered], known);
}

/** Adds the calls whose results are known, where the suite does not know the server's tools. */
function withExamples(stated: readonly Stated<UpstreamInput>[], known: UpstreamKnowledge): Stated<UpstreamInput>[] {
  const all = stated.map((item) => {
    const { name, database, directory, left_out } = item.value;
    const isUnknown = database === undefined && directory === undefined && left_out === undefined;
    const example = isUnknown ? known.exampleOf(name) : undefined;
    if (example === undefined) return item;
    const remark = `A call that clients of the suite make: two results of ${example.tool} contained this text.`;
    const remarks = [...(item.remarks ?? []), remark];
    return { ...item, remarks, value: { ...item.value, example: { ...example, arguments: { ...example.arguments } } } };
  });
  const hasCall = all.some(
    ({ value }) => value.database !== undefined || value.directory !== undefined || value.example !== undefined,
  );
  const first = all.find(({ value }) => value.left_out === undefined);
  if (hasCall || first === undefined) return all;
  const remarks = [...(first.remarks ?? []), withoutExample];
  return all.map((item) => (item === first ? { ...item, remarks } : item));
}

/** Said once, where no upstream has a call with a known result. */
const withoutExample = "With `example`, a call with a known result, the checks of clients are proved too.";

function stdioUpstream(
  view: DeploymentView,
  upstream: StdioUpstream,
  { built, known }: { built: readonly PackageSpec[]; known: UpstreamKnowledge },
): Stated<UpstreamInput> {
  const { name, command, args, cannotStart } = upstream;
  if (cannotStart !== undefined) return { value: { name, left_out: `LiteLLM can't start it: ${cannotStart}` } };
  const elsewhere = known.toolsOf(name) === undefined ? bridgedHost(upstream, view) : undefined;
  if (elsewhere !== undefined)
    return {
      value: { name, left_out: `it leads to ${elsewhere}, which runs in none of these files` },
      questions: [askForStandIn],
    };
  const version = ofScript(upstream, view, () => statedVersion(upstream, built, known.versionsOf));
  const database = databaseOf(view, upstream);
  const isFiles = /filesystem/i.test([command, ...args].join(" "));
  const directory = isFiles ? args.find((word) => /^\/\w/.test(word)) : undefined;
  const { tools, questions } = statedTools(known.toolsOf(name));
  return {
    value: {
      name,
      ...version.value,
      ...(database === undefined ? {} : { database }),
      ...(directory === undefined ? {} : { directory }),
      ...(version.value.left_out === undefined ? { tools } : {}),
    },
    questions: [...version.questions, ...(version.value.left_out === undefined ? questions : [])],
  };
}

/**
 * What is stated of a script of the operator's, which has no version, and of any other server.
 *
 * @param ofPackage what is stated of a server from a package, such as the `tsx` of `npx tsx server.ts`
 */
function ofScript(
  upstream: StdioUpstream,
  { litellm }: DeploymentView,
  ofPackage: () => ReturnType<typeof statedVersion>,
): ReturnType<typeof statedVersion> {
  const script = ownScript(upstream, litellm);
  if (script === undefined) return ofPackage();
  const { missing, node } = script;
  if (missing.length > 0) {
    const why = node === undefined ? ", and no file says which package has that" : "";
    return {
      value: { left_out: `its script imports ${missing.join(node === undefined ? ", " : "; ")}${why}` },
      questions: [askForStandIn],
    };
  }
  const { value, questions } = node !== undefined && node.program === undefined ? ofPackage() : notAsked;
  const { newest = [] } = node?.modules ?? {};
  if (newest.length === 0) return { value, questions };
  const asked = `which version of ${newest.join(", ")} does its script use? No package.json next to it names one, so each run installs the newest`;
  return { value, questions: [...questions, asked] };
}

const notAsked: ReturnType<typeof statedVersion> = { value: {}, questions: [] };

/** The variable with an upstream's DSN. */
function databaseOf({ variables }: DeploymentView, { env }: StdioUpstream): string | undefined {
  const urls = [...variables].filter(([, value]) => isPostgresUrl(value));
  // A reference that LiteLLM does not replace (`${X}`) shows what is meant all the same.
  const named = (value: string): string | undefined => /^(?:os\.environ\/|\$\{?)(\w+)\}?$/.exec(value)?.[1];
  return [...env.values()].flatMap(
    (value) => urls.find(([name, url]) => url === value || name === named(value))?.[0] ?? [],
  )[0];
}

function urlUpstream(
  view: DeploymentView,
  { name, url, specPath }: UrlUpstream,
  known: UpstreamKnowledge,
  missing: ReadonlyMap<string, string>,
): Stated<UpstreamInput> {
  if (specPath !== undefined) return { value: { name, left_out: fromSpecification } };
  const host = addressIn(url)?.host ?? url;
  const service = serviceAt(view.compose, host, view.litellm);
  if (service !== undefined && missing.has(service.key)) return { value: { name, left_out: noImage } };
  const off = [...view.compose.inactive.values()].find((one) => one.name === host);
  if (service === undefined && off !== undefined) {
    const profiles = off.profiles.join(" or ");
    return {
      value: { name, left_out: `${host} runs with the profile ${profiles} only` },
      questions: [
        `is the profile ${profiles} on where the gateway runs? Name it under \`compose\`, and its tools here`,
      ],
    };
  }
  if (service === undefined) {
    return {
      value: {
        name,
        left_out: host === unknownHost ? "no file gives its address" : `${host} runs in none of these files`,
      },
      questions: [askForStandIn],
    };
  }
  const { tools, questions } = statedTools(known.toolsOf(name));
  return { value: { name, tools }, questions: [...externalDatabaseQuestions(view, service), ...questions] };
}

function statedTools(asked: readonly string[] | undefined): { tools: string[]; questions: string[] } {
  if (asked !== undefined && asked.length > 0) return { tools: [...asked], questions: [] };
  return { tools: [], questions: ["which tools must it offer? They could not be listed here"] };
}

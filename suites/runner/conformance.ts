import { createHash } from "node:crypto";
import { relative } from "node:path";
import { inject, type TestContext, test } from "vitest";
import { attachEngine, type Engine } from "../../containers/engine/engine.ts";
import type { RigName, RigState } from "../../containers/rigs/rig.ts";
import { RigClient } from "../../containers/run/rig-client.ts";
import { Clients } from "../../containers/targets/clients.ts";
import { Edge, resolveIn } from "../../containers/targets/edge.ts";
import { Gateway } from "../../containers/targets/gateway.ts";
import { Reach } from "../../containers/targets/reachability.ts";
import { asWritten, TestGateway } from "../../containers/targets/test-gateway.ts";
import { abridgedCommand, type CommandRun } from "../../helpers/checks/action-log.ts";
import { attachEvidence, labelCheck, type ToldStep, tellSteps } from "../../helpers/checks/allure.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { checkTimeout } from "../../helpers/core/deadlines.ts";
import { redact, redactError } from "../../helpers/core/redaction.ts";
import type { Canaries } from "../../helpers/deployment/canaries.ts";
import { loadDeployment } from "../../helpers/deployment/load.ts";
import type { Deployment } from "../../helpers/deployment/types.ts";
import { abridged, type Exchange, receivedText, sentText } from "../../helpers/protocol/exchange.ts";
import { faultText, protocolReport } from "../../helpers/protocol/protocol.ts";
import { RecordingClient } from "../../helpers/protocol/recording-client.ts";
import { activeGaps, gapOf, type KnownGap, loadKnownGaps } from "../../helpers/requirements/known-gaps.ts";
import { assertKnown, loadRequirements, type RequirementId } from "../../helpers/requirements/requirements.ts";
import { suiteOf } from "../../helpers/requirements/suites.ts";
import { CheckRecord, type FailureWords, failureFiles, judgeFailure } from "./failed-check.ts";
import { responseLeaks } from "./response-leaks.ts";
import { RunFiles } from "./run-files.ts";

/** What every check of a worker shares: read and connected once. */
interface World {
  engine: Engine;
  deployment: Deployment;
  canaries: Canaries;
  server: RigClient;
}

/** What a check leaves behind for the report. */
export interface Evidence {
  /**
   * Writes a file into the check's own folder of evidence, secrets replaced by their names, and attaches it to the check.
   *
   * @returns its path, relative to the run's directory
   */
  keep(name: string, content: string): Promise<string>;
  /** The same for a picture; PNG. A picture can't be searched for secrets: keep none that could show one. */
  keepPicture(name: string, png: Buffer): Promise<string>;
  /** The same for an agent's transcript, in the run's folder of transcripts. */
  keepTranscript(name: string, content: string): Promise<string>;
  /** What was kept, as it stands in the run's directory. */
  read(path: string): Promise<string>;
  /** A sentence for the reader of the report. */
  finding(text: string): void;
  /** The running version lacks the feature, found by detection: ends the check, which then proves nothing. */
  notSupported(reason: string): never;
  /** Measures a phase for the report, e.g. `floor: first tools/list`. */
  phase<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/** What a check can ask for by naming it; a rig is started when the first check names it. */
interface Fixtures {
  world: World;
  slug: string;
  files: RunFiles;
  record: CheckRecord;
  evidence: Evidence;
  /** Traefik with the deployment's labels in front of whoami. */
  edge: Edge;
  /** The whole gateway. */
  gateway: Gateway;
  /** Machines with MCP clients on them, and a front where the gateway fails. */
  clients: Clients;
  /** Who reaches whom on the gateway's networks. */
  reach: Reach;
  /** The deployment's LiteLLM with more upstreams, sound and sick ones. */
  trial: TestGateway;
  /** A LiteLLM for one check alone, which may restart it. */
  restart: TestGateway;
}

const conformanceTest = test.extend<Fixtures>({
  world: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads a fixture's dependencies from its first parameter
    async ({}, use) => {
      const run = inject("run");
      const server = new RigClient(run.rigServer);
      const [engine, canaries] = await Promise.all([attachEngine(), server.canaries()]);
      const deployment = await loadDeployment(run.deployment, { replace: canaries.secrets });
      knownSecrets = canaries.secrets;
      // Read before anything can fail: a gap that ends at midnight must not end in the middle of a check.
      gaps = loadKnownGaps(run.deployment);
      for (const part of ["litellm", "traefik"] as const) {
        const version = process.env[`${part.toUpperCase()}_VERSION`] ?? deployment[part].version;
        if (version !== undefined) runningVersions.set(part, version);
      }
      await use({ engine, canaries, deployment, server });
    },
    { scope: "worker" },
  ],
  slug: async ({ task }, use) => use(slugOf(task.meta.requirements ?? [], task.name)),
  files: async ({ world, task }, use) => use(new RunFiles(task, world.canaries.secrets)),
  record: [
    async ({ evidence, world, task }, use) => {
      const record = new CheckRecord({ ...world, secrets: world.canaries.secrets, run: inject("run").id });
      await use(record);
      const wires = record.rigs.flatMap(({ wire }) => wire ?? []);
      const exchanges = wires.flatMap((wire) => wire.exchanges);
      await Promise.all(wires.map((wire) => wire.close()));
      // Behind the edge stands a stub that echoes on purpose; what LiteLLM answers may hold no secret (INJ-09).
      if (!task.meta.rigs?.includes("edge"))
        await world.server.addResponseLeaks(responseLeaks(exchanges, world.canaries.secrets));
      if (!task.meta.rigs?.includes("edge")) task.meta.gateway = timeOf(exchanges);
      const { commands } = record.actions;
      await tellSteps(stepsOf(exchanges, commands, world.canaries.secrets));
      if (exchanges.length > 0) await evidence.keep("wire.json", JSON.stringify(exchanges.map(abridged), null, 2));
      if (commands.length > 0)
        await evidence.keep("commands.json", JSON.stringify(commands.map(abridgedCommand), null, 2));
    },
    { auto: true },
  ],
  evidence: [
    async ({ world, task, skip, slug, files }, use) => {
      const requirements = (task.meta.requirements ?? []) as RequirementId[];
      await labelCheck({
        suite: suiteOf(requirements[0] as RequirementId).folder,
        requirements,
        level: levelOf(requirements),
      });
      await use({
        keep: (name, content) => files.keep(`evidence/${slug}/${name}`, content),
        keepPicture: (name, png) => files.keepPicture(`evidence/${slug}/${name}`, png),
        keepTranscript: (name, content) => files.keep(`transcripts/${name}`, content),
        read: (path) => files.read(path),
        finding(text) {
          task.meta.findings = [...(task.meta.findings ?? []), redact(text, world.canaries.secrets)];
        },
        notSupported(reason) {
          task.meta.notSupported = reason;
          skip(`not supported: ${reason}`);
          throw new Error("unreachable");
        },
        async phase(name, work) {
          const startedAt = new Date().toISOString();
          const began = performance.now();
          let ok = false;
          try {
            const result = await work();
            ok = true;
            return result;
          } finally {
            await world.server.addPhase({ name, startedAt, milliseconds: performance.now() - began, ok });
          }
        },
      });
    },
    { auto: true },
  ],
  edge: async ({ world, record, slug, task }, use) => {
    task.meta.rigs = [...(task.meta.rigs ?? []), "edge"];
    const connection = await connect("edge", world, slug);
    record.rigs.push(connection);
    await use(new Edge({ ...world, ...connection }));
  },
  gateway: async ({ world, record, slug, task }, use) => {
    task.meta.rigs = [...(task.meta.rigs ?? []), "gateway"];
    const connection = await connect("gateway", world, slug);
    record.rigs.push(connection);
    await use(new Gateway({ ...world, ...connection, actions: record.actions }));
  },
  clients: async ({ world, task, record }, use) => {
    task.meta.rigs = [...(task.meta.rigs ?? []), "clients"];
    const state = await started("clients", world);
    record.rigs.push({ state });
    await use(new Clients({ ...world, state, actions: record.actions }));
  },
  reach: async ({ world, task, record }, use) => {
    task.meta.rigs = [...(task.meta.rigs ?? []), "reach"];
    const [gateway, state] = await Promise.all([started("gateway", world), started("reach", world)]);
    record.rigs.push({ state: gateway }, { state });
    await use(new Reach({ ...world, state, gateway, actions: record.actions }));
  },
  trial: async ({ world, record, slug, task }, use) => {
    task.meta.rigs = [...(task.meta.rigs ?? []), "trial"];
    const connection = await connect("trial", world, slug);
    record.rigs.push(connection);
    await use(new TestGateway({ ...world, ...connection }));
  },
  restart: async ({ world, record, slug, task }, use) => {
    task.meta.rigs = [...(task.meta.rigs ?? []), "restart"];
    const connection = await connect("restart", world, slug);
    record.rigs.push(connection);
    await use(new TestGateway({ ...world, ...connection }));
  },
});

/** What a check did, for the reader of Allure's report. */
function stepsOf(
  exchanges: readonly Exchange[],
  commands: readonly CommandRun[],
  secrets: ReadonlyMap<string, string>,
): ToldStep[] {
  const told = (text: string): string => redact(text, secrets);
  return [
    ...exchanges.map((exchange) => ({
      name: told(`${exchange.request.method} ${exchange.request.url} → ${exchange.response?.status ?? "no response"}`),
      at: exchange.at,
      details: { sent: told(sentText(exchange)), received: told(receivedText(exchange)) },
    })),
    ...commands.map(({ part, command, at, exitCode, stderr }) => ({
      name: told(`${part}: ${command.slice(0, 3).join(" ")} → exit code ${exitCode}`),
      at,
      details: { command: told(command.join(" ")), "standard error": told(stderr) },
    })),
  ];
}

/** How long the gateway had the check's requests. */
function timeOf(exchanges: readonly Exchange[]): { requests: number; milliseconds: number } {
  const answered = exchanges.flatMap(({ response }) => response ?? []);
  return { requests: answered.length, milliseconds: answered.reduce((sum, { endAfter }) => sum + endAfter, 0) };
}

/** @throws {CheckFailure} with what MCP's schemas say against the messages of a check */
function expectValidMessages(exchanges: readonly Exchange[]): void {
  const { faults } = protocolReport(exchanges);
  const [first] = faults;
  if (first === undefined) return;
  const exchange = exchanges.find(({ id }) => id === first.exchange);
  throw new CheckFailure({
    what: `${faults.length} JSON-RPC message(s) that MCP's schema does not allow:\n${[...new Set(faults.map(faultText))].join("\n")}`,
    ...(exchange === undefined ? {} : { sent: sentText(exchange), received: receivedText(exchange) }),
    cause: "LiteLLM, or an upstream whose answer it hands on as it is",
  });
}

async function connect(name: RigName, world: World, slug: string): Promise<{ state: RigState; wire: RecordingClient }> {
  const state = await started(name, world);
  const resolve = state.parts.traefik === undefined ? asWritten : resolveIn(state, world.deployment);
  return { state, wire: new RecordingClient(slug, resolve) };
}

async function started(name: RigName, world: World): Promise<RigState> {
  const state = await world.server.rig(name);
  for (const { record } of Object.values(state.parts)) runningVersions.set(record.name, record.version);
  return state;
}

/**
 * One check.
 *
 * @param requirements ids that it proves; an unknown one, or none, fails the file
 * @param sentence what holds
 * @throws {Error} at collection, for unknown ids
 */
export function conformance(
  requirements: readonly RequirementId[],
  sentence: string,
  body: (fixtures: Fixtures & TestContext) => Promise<void>,
): void {
  assertKnown(requirements);
  const guarded = async (context: Fixtures & TestContext): Promise<void> => {
    const { task, record } = context;
    let proves = requirements;
    try {
      await body(context);
      // Any check's traffic counts: an invalid message fails the check that carried it, and CAT-11 with it.
      proves = [...new Set([...requirements, "CAT-11" as const])];
      expectValidMessages(record.rigs.flatMap(({ wire }) => wire?.exchanges ?? []));
    } catch (error) {
      // It ends a check by a throw, and is no failure.
      if (task.meta.notSupported !== undefined) throw error;
      task.meta.requirements = [...proves];
      // Its requests are found again by what it tells, which redaction is about to change.
      const story = error instanceof CheckFailure ? error.story : undefined;
      const told = redactError(await judgeFailure(error, record), knownSecrets);
      const message = told instanceof Error ? told.message : String(told);
      const gap = isFailure(told) ? gapOf(activeGaps(gaps, runningVersions), proves, { sentence, message }) : undefined;
      if (gap === undefined) {
        await keepFailure(context, {
          requirements: proves,
          sentence,
          file: relative(process.cwd(), task.file.filepath),
          message,
          story,
        });
        throw told;
      }
      task.meta.knownGap = gapText(gap, told);
      await attachEvidence("known gap", task.meta.knownGap, "text/plain");
      context.skip(`known gap until ${gap.until}: ${gap.reason}`);
    }
  };
  // vitest reads the names of the fixtures that a check needs from its source text.
  guarded.toString = () => body.toString();
  conformanceTest(sentence, { timeout: checkTimeout, meta: { requirements: [...requirements] } }, guarded);
}

/** Keeps what a failure leaves while its parts are still up. What can't be kept must not hide the failure itself. */
async function keepFailure({ files, record, slug }: Fixtures, failure: FailureWords): Promise<void> {
  try {
    await files.keepFailure(`failures/${slug}`, await failureFiles(failure, record));
  } catch (error) {
    await files.keepFailure(`failures/${slug}`, new Map([["failure.txt", `${failure.message}\n\n${String(error)}\n`]]));
  }
}

function gapText({ reason, link, until }: KnownGap, told: unknown): string {
  return `${reason} (${link}, until ${until})\n${(told as Error).message}`;
}

/** Only what a check found out of the gateway can be a known gap, never a fault of the suite or of the environment. */
function isFailure(error: unknown): boolean {
  return error instanceof CheckFailure || (error instanceof Error && error.name === "AssertionError");
}

/** Version of each part: what the deployment says first, then what was met, so that every worker judges alike. */
const runningVersions = new Map<string, string>();

let gaps: readonly KnownGap[] = [];

/** The run's secrets, once a check of this worker has connected: no message leaves the worker with one in it. */
let knownSecrets: ReadonlyMap<string, string> = new Map();

function levelOf(requirements: readonly RequirementId[]): "MUST" | "SHOULD" {
  const registry = loadRequirements();
  return requirements.some((id) => registry.get(id)?.level === "MUST") ? "MUST" : "SHOULD";
}

/** Longest name of a check's folder and of its mark in `User-Agent`, in characters. */
const longestSlug = 60;

function slugOf(requirements: readonly string[], sentence: string): string {
  const words = sentence.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  let slug = requirements[0] ?? "check";
  for (const word of words) {
    // What is cut short tells itself apart by the rest: two checks must not share a folder.
    if (slug.length + 1 + word.length > longestSlug)
      return `${slug}-${createHash("sha256").update(sentence).digest("hex").slice(0, 4)}`;
    slug += `-${word}`;
  }
  return slug;
}

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Engine } from "../../containers/engine/engine.ts";
import { runConfig } from "../../helpers/core/run-config.ts";
import { newestLiteLLM } from "../../helpers/deployment/litellm/version.ts";
import { readCandidate } from "../candidate/read-candidate.ts";
import type { Candidate } from "../candidate/types.ts";
import { columnsOf } from "../gate/report.ts";
import { judgeThroughGateway } from "../judge/gateway.ts";
import { itemNumbers } from "../judge/items.ts";
import { type Judgements, judge } from "../judge/judge.ts";
import { runDirectly } from "../run/direct-column.ts";
import { loadJoined, prefixOf, runThroughGateway } from "../run/gateway/gateway-column.ts";
import { prepare } from "../run/prepared.ts";
import { inContainer } from "./in-container.ts";
import { proofEngine } from "./proof-engine.ts";
import type { Fault } from "./server/faults.ts";

const withRun = proofEngine();
const name = "notes.Example.org";

const answerOfPrometheus = {
  status: "success",
  data: { resultType: "vector", result: [{ metric: { job: "prometheus" }, value: [1_700_000_000, "1"] }] },
};

/** Outside of the run: a server of this machine, which a relay reaches by its default route only. */
const outside = createServer(({ url = "" }, response) => {
  response.end(url.startsWith("/api/v1/query") ? JSON.stringify(answerOfPrometheus) : "from outside");
});
const asked = { connections: 0 };
outside.on("connection", () => asked.connections++);
let port = 0;

beforeAll(async () => {
  await new Promise<void>((resolve) => outside.listen(0, "0.0.0.0", resolve));
  port = (outside.address() as AddressInfo).port;
});
afterAll(() => outside.close());

/** The address of this machine on the engine's own bridge: the network's first, where the engine does not name it. */
async function addressOf({ docker }: Engine): Promise<string> {
  const { IPAM: ipam } = (await docker.getNetwork("bridge").inspect()) as {
    IPAM: { Config: { Gateway?: string; Subnet?: string }[] };
  };
  const [{ Gateway: gateway, Subnet: subnet } = {}] = ipam.Config;
  const address = gateway ?? subnet?.replace(/\.0\/\d+$/, ".1");
  if (address === undefined) throw new Error("the engine's bridge has no address of this machine");
  return address;
}

interface Options {
  transport?: "stdio" | "http";
  fault?: Fault;
  /** What the candidate file declares. */
  hosts: readonly string[];
  /** The port that the candidate asks. */
  asks?: number;
}

function candidateWith({ transport = "stdio", fault, hosts, asks = port }: Options, image: string): Candidate {
  const base = inContainer(transport, fault, image);
  return { ...base, hosts, environment: new Map([...base.environment, ["NOTES_URL", `http://${name}:${asks}/`]]) };
}

async function judged(options: Options): Promise<{ direct: Judgements; lines: readonly string[] }> {
  return await withRun(async ({ image, ...resources }) => {
    const address = await addressOf(resources.engine);
    const candidate = candidateWith(options, image);
    const prepared = await prepare(resources, candidate, async () => [address]);
    const { secrets, hosts } = prepared;
    const { seen } = await runDirectly(resources, candidate, prepared);
    const own = { candidate, seen, secrets, unreachable: hosts.unreachable };
    return {
      direct: judge({ ...own, supply: undefined, differences: [], approved: [] }),
      lines: hosts.unreachable.map(({ why }) => why),
    };
  });
}

const failures = (all: Judgements): string[] =>
  itemNumbers.flatMap((number) => (all[number].outcome === "fail" ? [`${number}: ${all[number].evidence}`] : []));

describe("a declared host", () => {
  test("is reached by its name, and every other name that the candidate looks up still fails item 26", async () => {
    asked.connections = 0;
    const { direct, lines } = await judged({ fault: "calls-home", hosts: [`${name}:${port}`] });
    expect(lines).toEqual([]);
    expect(failures(direct)).toEqual(["26: it tried to reach telemetry.example.com"]);
    expect(direct[16].outcome).toBe("pass");
    expect(asked.connections).toBeGreaterThan(1);
  });

  test("is reached at the declared port only", async () => {
    const other = createServer((_, response) => response.end());
    await new Promise<void>((resolve) => other.listen(0, "0.0.0.0", resolve));
    const { direct } = await judged({ hosts: [`${name}:${(other.address() as AddressInfo).port}`] });
    other.close();
    expect(failures(direct).map((line) => line.split(":")[0])).toEqual(["16"]);
  });

  test("that refuses the connection is a condition, and rejects nobody", async () => {
    const { direct, lines } = await judged({ hosts: [`${name}:1`], asks: 1 });
    expect(lines).toEqual([expect.stringMatching(/ECONNREFUSED .*:1$/)]);
    expect(failures(direct)).toEqual([]);
    expect(direct[16]).toMatchObject({
      outcome: "conditional",
      condition: `run it again where ${name}:1 can be reached`,
      evidence: expect.stringContaining(`${name}:1, which the candidate needs, can't be reached from here: `),
    });
    expect(columnsOf({ direct, gateways: [] }).verdict).toBe("accept with conditions");
  });
});

/** What a candidate does directly, and behind the newest LiteLLM of the reference. */
async function throughNewest(
  candidateOf: (image: string) => Omit<Candidate, "deployment">,
): Promise<{ direct: Judgements; gateway: Judgements }> {
  return await withRun(async ({ image, ...resources }) => {
    const address = await addressOf(resources.engine);
    const deployment = join(import.meta.dirname, "../../deployments/reference");
    const written = { ...candidateOf(image), deployment };
    const prepared = await prepare(resources, written, async () => [address]);
    const { secrets } = prepared;
    const candidate = { ...prepared.candidate, deployment };
    const joined = await loadJoined(candidate, { versions: {} }, newestLiteLLM);
    const [{ seen }, { seen: through }] = await Promise.all([
      runDirectly(resources, candidate, prepared),
      runThroughGateway(resources, runConfig(), candidate, { prepared, joined }),
    ]);
    const direct = judge({ candidate, seen, secrets, supply: undefined, differences: [], approved: [] });
    const nameOf = (tool: string): string => `${prefixOf(candidate, joined.deployment)}${tool}`;
    const own = { candidate, version: newestLiteLLM, direct: { seen, judged: direct }, seen: through, nameOf, secrets };
    return { direct, gateway: judgeThroughGateway(own) };
  });
}

describe("a declared host is reached behind the newest LiteLLM too", () => {
  test("by a server that listens", async () => {
    const { direct, gateway } = await throughNewest((image) =>
      candidateWith({ transport: "http", hosts: [`${name}:${port}`] }, image),
    );
    expect(failures(direct)).toEqual([]);
    expect(gateway[16]).toMatchObject({ outcome: "pass" });
  });

  test("by a server that LiteLLM starts", async () => {
    const prometheus = readCandidate(join(import.meta.dirname, "../../candidates/prometheus.yaml"));
    const { direct, gateway } = await throughNewest(() => ({
      ...prometheus,
      environment: new Map([...prometheus.environment, ["PROMETHEUS_URL", `http://${name}:${port}`]]),
      needs: [],
      hosts: [`${name}:${port}`],
      calls: prometheus.calls.filter(({ contains }) => contains.includes("prometheus")),
    }));
    expect(direct[16]).toMatchObject({ outcome: "pass" });
    expect(direct[26]).toMatchObject({ outcome: "pass" });
    expect(gateway[16]).toMatchObject({ outcome: "pass" });
  });
});

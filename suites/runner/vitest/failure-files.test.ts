import { execFileSync } from "node:child_process";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import Dockerode from "dockerode";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Engine } from "../../../containers/engine/engine.ts";
import type { PartHandle } from "../../../containers/parts/part.ts";
import type { RigState } from "../../../containers/rigs/rig.ts";
import { ActionLog } from "../../../helpers/checks/action-log.ts";
import type { FailureDetails } from "../../../helpers/checks/check-failure.ts";
import { runConfig } from "../../../helpers/core/run-config.ts";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { RecordingClient } from "../../../helpers/protocol/recording-client.ts";
import type { FailedCheck } from "../execute-check.ts";
import { failureFiles } from "./failure-files.ts";

const secrets = new Map([["LITELLM_MASTER_KEY", "sk-canary-1"]]);
/** The only log that the engine has; it has lost the container of every other part. */
const litellmLog = "INFO: upstream everything did not answer";

let server: Server;
let engine: Engine;
beforeAll(async () => {
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = portOf(server);
  engine = {
    docker: new Dockerode({ protocol: "http", host: "127.0.0.1", port }),
    host: "127.0.0.1",
    isRemote: false,
    version: "20.10.24",
    apiVersion: "1.41",
    socketPath: "/var/run/docker.sock",
    processors: 2,
    arch: "amd64",
  };
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

/** Of the engine, the logs of one container; everything else is LiteLLM. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  if (!request.url?.startsWith("/containers/")) return void response.writeHead(500).end("the upstream did not answer");
  if (!request.url.startsWith("/containers/litellm-1/"))
    return void response.writeHead(404, { "Content-Type": "application/json" }).end('{"message":"No such container"}');
  const text = Buffer.from(`${litellmLog}\n`);
  const head = Buffer.alloc(8);
  head.writeUInt8(1, 0);
  head.writeUInt32BE(text.length, 4);
  response.end(Buffer.concat([head, text]));
}

function portOf(of: Server): number {
  return (of.address() as AddressInfo).port;
}

/** A part that was started with a file. */
function part(name: string, ports: Readonly<Record<number, number>>): PartHandle {
  const containerId = `${name}-1`;
  return {
    name,
    rig: "test-gateway",
    containerId,
    ports,
    host: "127.0.0.1",
    addresses: {},
    addresses6: {},
    record: {
      name,
      rig: "test-gateway",
      version: "1",
      image: `${name}:1`,
      digest: `sha256:${"0".repeat(64)}`,
      origin: "built",
      source: "packages",
      containerId,
    },
    started: {
      entrypoint: undefined,
      command: ["--config", "/app/config.yaml"],
      environment: { PRICE: "5$" },
      labels: {},
      networks: { "gc-1-net": [name] },
      files: [{ target: "/app/config.yaml", content: `# of ${name}\n` }],
      user: undefined,
      workingDir: undefined,
    },
  };
}

/** A rig as a check of upstreams uses it: LiteLLM and an upstream, no Traefik in front. */
function rigWithoutTraefik(): RigState {
  const parts = { litellm: part("litellm", { 4000: portOf(server) }), everything: part("everything", {}) };
  return { rig: "test-gateway", parts, networks: {}, changes: [] };
}

/** A check that asked LiteLLM once, and failed by its answer. */
async function failedCheck(state: RigState): Promise<FailedCheck> {
  const { host, ports } = state.parts.litellm ?? part("none", {});
  const port = ports[4000] ?? portOf(server);
  const http = new RecordingClient("CAT-12", () => ({ host, port }));
  const exchange = await http.send({
    method: "POST",
    url: `http://${host}:${port}/mcp/`,
    headers: [["Authorization", "Bearer sk-canary-1"]],
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/call"}',
  });
  const details: FailureDetails = {
    summary: "a call to a silent upstream hides the others",
    code: "wrong-status",
    expected: "200",
    actual: "500",
    cause: "LiteLLM waits for the upstream",
    evidence: { exchanges: [exchange.id] },
  };
  return {
    check: {
      id: "CAT-12/silent-upstream-isolated",
      requirements: ["CAT-12"],
      title: "a silent upstream hides no other",
      needs: ["gateway"],
      slow: false,
      alone: false,
      run: async () => {},
    },
    beganAt: new Date(0),
    rigs: [{ state, http }],
    exchanges: http.exchanges,
    actions: new ActionLog(),
    requirements: ["CAT-12"],
    message: "a call to a silent upstream hides the others\n  likely cause: LiteLLM waits for the upstream",
    details,
  };
}

async function captured(failed: FailedCheck): Promise<ReadonlyMap<string, string>> {
  return failureFiles(failed, "suites/catalogue/upstreams/isolation.spec.ts", {
    engine,
    deployment: await loadDeployment("deployments/reference"),
    secrets,
    run: "gc-1",
    config: runConfig(),
  });
}

test("a rig without Traefik leaves the failure with its own cause, its requests, the script, its logs and its deployment", async () => {
  const files = await captured(await failedCheck(rigWithoutTraefik()));
  expect([...files.keys()].sort()).toEqual([
    "commands.json",
    "deployment/test-gateway/compose.yaml",
    "deployment/test-gateway/everything/app/config.yaml",
    "deployment/test-gateway/litellm/app/config.yaml",
    "failure.txt",
    "logs/test-gateway/everything.log",
    "logs/test-gateway/litellm.log",
    "parts.json",
    "repro.sh",
    "wire.json",
  ]);
  expect(files.get("failure.txt")).toContain("likely cause: LiteLLM waits for the upstream");
  expect(files.get("logs/test-gateway/litellm.log")).toBe(`${litellmLog}\n`);
  expect(files.get("wire.json")).toContain("the upstream did not answer");
  const compose = files.get("deployment/test-gateway/compose.yaml") ?? "";
  expect(compose).toContain("- ./litellm/app/config.yaml:/app/config.yaml:ro");
  // Compose would interpolate a single one.
  expect(compose).toContain("PRICE: 5$$");
});

test("the script sends the request of the evidence to the part that took it, without the secret", async () => {
  const files = await captured(await failedCheck(rigWithoutTraefik()));
  const script = files.get("repro.sh") ?? "";
  expect(script).toMatch(/^request --connect-to "::\$\(at litellm 4000\)" -X POST .*\$LITELLM_MASTER_KEY.*\/mcp\/$/m);
  expect(script).not.toContain("sk-canary-1");
  expect(script).toMatch(/^# In the run: 500/m);
  execFileSync("bash", ["-n"], { input: script });
});

test("a part that is gone costs its log only: the log says so", async () => {
  const files = await captured(await failedCheck(rigWithoutTraefik()));
  expect(files.get("logs/test-gateway/everything.log")).toMatch(/its log could not be read: .*No such container/);
  expect(files.get("logs/test-gateway/litellm.log")).toContain(litellmLog);
});

test("what cannot be captured is named, next to the failure and all the rest", async () => {
  const state = rigWithoutTraefik();
  const parts = { ...state.parts };
  Object.defineProperty(parts, "broken", {
    enumerable: true,
    get: () => {
      throw new TypeError("a part without a state");
    },
  });
  const files = await captured(await failedCheck({ ...state, parts }));
  expect(files.get("not-captured.txt")).toMatch(/logs and deployment: TypeError: a part without a state/);
  expect(files.get("failure.txt")).toContain("likely cause: LiteLLM waits for the upstream");
  for (const name of ["wire.json", "commands.json"]) expect([...files.keys()]).toContain(name);
});

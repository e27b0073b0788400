import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LiveTargets } from "../../containers/targets/providers/live-targets.ts";
import { loadDeployment } from "../../helpers/deployment/load.ts";
import type { CheckRecord } from "../../helpers/run/run-record.ts";
import { executeCheck } from "./execute-check.ts";
import { type LoadedCheck, loadChecks } from "./load-checks.ts";

/** A gateway that runs elsewhere, as far as a few checks ask: MCP behind a key. */
let server: Server;
let targets: LiveTargets;
/** Answers the request of a test. */
let answer: (request: IncomingMessage, body: string, response: ServerResponse) => void;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += String(piece);
    answer(request, body, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const deployment = await loadDeployment("deployments/reference");
  targets = new LiveTargets({
    deployment,
    secrets: new Map(),
    resolve: () => ({ host: "127.0.0.1", port }),
  });
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function checkCalled(id: string): Promise<LoadedCheck> {
  const found = (await loadChecks()).find((one) => one.id === id);
  if (found === undefined) throw new Error(`no check has the id ${id}`);
  return found;
}

function run(check: LoadedCheck): Promise<CheckRecord> {
  return executeCheck(check, {
    targets,
    secrets: new Map(),
    whenStarved: "judge",
    activeGaps: () => [],
    observer: {
      keep: async (path) => path,
      keepPicture: async (path) => path,
      read: async () => "",
      addPhase: async () => {},
      addResponseLeaks: async () => {},
      did: async () => {},
      failed: async () => undefined,
    },
  });
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

test("a check that speaks HTTP and MCP only runs without an engine, and passes or fails by what comes back", async () => {
  const check = await checkCalled("CAT-11/notification");
  answer = (_request, _body, response) => void response.writeHead(202).end();
  expect(await run(check)).toMatchObject({ outcome: "passed", rigs: [] });
  answer = (_request, _body, response) => json(response, 200, { jsonrpc: "2.0", id: 1, result: {} });
  expect(await run(check)).toMatchObject({ outcome: "failed", failure: { actual: expect.stringContaining("200") } });
});

test("what a live gateway does not offer is not tested, and says what it needs", async () => {
  answer = (_request, _body, response) => json(response, 500, {});
  const checks = await loadChecks();
  const unmet = checks.filter(({ needs }) => targets.unmet(needs).length > 0);
  const met = checks.filter((one) => !unmet.includes(one));
  expect(met.length).toBeGreaterThan(20);
  expect(met.every(({ needs }) => needs.join() === "gateway")).toBe(true);
  for (const one of unmet) {
    const record = await run(one);
    expect(record, one.id).toMatchObject({ outcome: "not-tested", reason: expect.stringMatching(/^needs /) });
  }
  expect(await run(await checkCalled("ROUTE-03/look-alike-paths"))).toMatchObject({
    reason: "needs edge: a run on a throwaway network has it",
  });
});

import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import type { RunDescriptor } from "../../helpers/run/run-record.ts";
import { askRun } from "./ask-run.ts";

afterEach(() => vi.unstubAllGlobals());

/** Asks a main process that answers so. */
async function asked(answer: (response: ServerResponse) => void): Promise<unknown> {
  const server = createServer((_, response) => answer(response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    return await askRun({ rigServer: { url: `http://127.0.0.1:${port}`, token: "t" } } as RunDescriptor, "record");
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test("the answer of the main process, or why there is none", async () => {
  expect(await asked((response) => response.end('{"a":1}'))).toEqual({ value: { a: 1 } });
  const wrong = { error: "no rig" };
  expect(await asked((response) => response.writeHead(500).end('{"message":"no rig"}'))).toEqual(wrong);
  expect(await asked((response) => response.writeHead(401).end("{}"))).toEqual({ error: "status 401" });
  expect(await asked((response) => response.destroy())).toEqual({ error: expect.stringMatching(/./) });
});

test("it does not use fetch, which gives up after five minutes: the final checks may take longer", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new Error("Headers Timeout Error")));
  expect(await asked((response) => response.end("[]"))).toEqual({ value: [] });
});

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A registry of a test: answers by path, `BASE` in them being its own address. */
export interface TestRegistry extends AsyncDisposable {
  url: string;
  answers: Map<string, { type?: string; body: string | Buffer }>;
}

/** Starts a registry on the loopback that answers 404 for every other path. */
export async function startRegistry(): Promise<TestRegistry> {
  const answers: TestRegistry["answers"] = new Map();
  const server = createServer((request, response) => {
    const found = answers.get(decodeURIComponent((request.url ?? "").split("?")[0] ?? ""));
    response.statusCode = found === undefined ? 404 : 200;
    response.setHeader("content-type", found?.type ?? "application/json");
    const body = found?.body ?? "{}";
    response.end(typeof body === "string" ? body.replaceAll("BASE", url) : body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    answers,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

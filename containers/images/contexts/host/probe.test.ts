import { execFile } from "node:child_process";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/** What a server does with each connection. */
const servers: Readonly<Record<string, (socket: Socket) => void>> = {
  "closes at once": (socket) => socket.end(),
  "resets at once": (socket) => socket.resetAndDestroy(),
  "says something and closes": (socket) => socket.end("\n"),
  "waits for the client": () => {},
};

test("a connection that must stay does not count when the other end closes it without a byte", async () => {
  expect(await outcomes(true)).toEqual({
    "closes at once": "closed",
    "resets at once": "ECONNRESET",
    "says something and closes": "connected",
    "waits for the client": "connected",
    "does not listen": "ECONNREFUSED",
  });
});

test("otherwise every connection counts that is established", async () => {
  const { "resets at once": _, ...found } = await outcomes(false);
  expect(found).toEqual({
    "closes at once": "connected",
    "says something and closes": "connected",
    "waits for the client": "connected",
    "does not listen": "ECONNREFUSED",
  });
});

async function outcomes(mustStay: boolean): Promise<Record<string, string | undefined>> {
  const sockets = new Set<Socket>();
  const listening = await Promise.all(
    [...Object.values(servers), () => {}].map(async (serve) => {
      const server = createServer((socket) => {
        sockets.add(socket.on("error", () => {}));
        serve(socket);
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return { server, port: (server.address() as AddressInfo).port };
    }),
  );
  const last = listening.at(-1)?.server;
  await new Promise((resolve) => last?.close(resolve));
  try {
    const order = { names: [], targets: [["127.0.0.1", listening.map(({ port }) => port)]], deadline: 3_000, mustStay };
    const { stdout } = await promisify(execFile)("node", [`${import.meta.dirname}/probe.ts`, JSON.stringify(order)]);
    const { attempts } = JSON.parse(stdout) as { attempts: { port: number; outcome: string }[] };
    const names = [...Object.keys(servers), "does not listen"];
    const byPort = new Map(attempts.map(({ port, outcome }) => [port, outcome]));
    return Object.fromEntries(listening.map(({ port }, index) => [names[index] ?? "", byPort.get(port)]));
  } finally {
    for (const socket of sockets) socket.destroy();
    for (const { server } of listening) server.close();
  }
}

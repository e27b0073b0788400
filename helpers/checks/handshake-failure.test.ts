import { createServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadDeployment } from "../deployment/load.ts";
import { patchedCopy } from "../deployment/source/patched-copy.ts";
import { withTraefik } from "../deployment/types.ts";
import { endedInHandshake } from "../protocol/exchange.ts";
import { RecordingClient } from "../protocol/recording-client.ts";
import { handshakeFailure } from "./handshake-failure.ts";

const host = "litellm.ai-servicers.com";
const server = createServer((socket) => socket.once("data", () => socket.end()).on("error", () => {}));
let http: RecordingClient;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  http = new RecordingClient("ROUTE-01/x", () => ({ host: "127.0.0.1", port }));
});

afterAll(async () => {
  await http.close();
  server.close();
});

test("a server that ends the handshake differs from one that closes, by every way to send", async () => {
  const url = `https://${host}/ui`;
  const exchanges = [
    await http.send({ url, method: "GET", headers: [] }),
    await http.sendRaw({ url: `https://${host}`, target: "/ui", lines: [] }),
    await http.sendHttp2({ url, method: "GET", headers: [] }),
  ];
  for (const exchange of exchanges) expect(endedInHandshake(exchange), exchange.error).toBe(true);
  const plain = await http.send({ url: `http://${host}/ui`, method: "GET", headers: [] });
  expect(plain.response).toBeUndefined();
  expect(endedInHandshake(plain)).toBe(false);
});

test("TLS options that nothing defines are named with their line; without them, what else ends a handshake", async () => {
  const exchange = await http.send({ url: `https://${host}/ui`, method: "GET", headers: [] });
  const sound = withTraefik(await loadDeployment("deployments/reference"));
  expect(handshakeFailure(sound, exchange)).toMatchObject({ cause: expect.stringContaining("sniStrict") });
  const tls = '      traefik.http.routers.litellm-public-ext.tls: "true"\n';
  using copy = patchedCopy("deployments/reference", [
    {
      file: "compose.yaml",
      find: tls,
      replace: `${tls}      traefik.http.routers.litellm-public-ext.tls.options: strong@file\n`,
    },
  ]);
  const broken = withTraefik(await loadDeployment(copy.folder));
  expect(handshakeFailure(broken, exchange)).toMatchObject({
    cause: expect.stringMatching(/names the TLS options 'strong@file', which nothing defines/),
    follows: "ROUTE-26/loaded-without-errors",
  });
});

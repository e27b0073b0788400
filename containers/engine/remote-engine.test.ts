import { connect, createServer, type Server } from "node:net";
import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, expect, test } from "vitest";
import { deadlines } from "../../helpers/core/deadlines.ts";
import { Progress } from "../../helpers/core/terminal/progress.ts";
import { Images } from "../images/images.ts";
import { createNetworks } from "../networks/network.ts";
import { execute } from "../parts/container-command.ts";
import { modelProvider } from "../parts/deployment/render-litellm.ts";
import { answersHttp } from "../parts/readiness.ts";
import { startPart } from "../parts/start-part.ts";
import { engineEndpoints } from "./endpoint.ts";
import { connectEngine, type Engine } from "./engine.ts";
import { removeRun } from "./removal.ts";
import { newRun } from "./run-labels.ts";

/** An address of this machine that is not on the loopback, as a remote engine's would be. */
const address = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;
const [socket] = engineEndpoints().flatMap(({ uri }) => (uri.startsWith("unix://") ? uri.slice("unix://".length) : []));

const run = newRun({ keep: false });
let server: Server;
let engine: Engine;

beforeAll(async () => {
  if (socket === undefined || address === undefined) return;
  // The engine must run before its socket can be forwarded.
  await connectEngine({ progress: new Progress() });
  server = createServer((near) => {
    const far = connect(socket);
    near.on("error", () => far.destroy());
    far.on("error", () => near.destroy());
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((listening) => server.listen(0, address, listening));
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("the proxy listens on no port");
  process.env.DOCKER_HOST = `tcp://${address}:${bound.port}`;
  engine = await connectEngine({ progress: new Progress() });
});
afterAll(async () => {
  await removeRun(engine, run.id);
  server.close();
});

test.skipIf(socket === undefined || address === undefined)(
  "a part on a remote engine is reached on that machine, although its own default route leads nowhere",
  async () => {
    expect(engine).toMatchObject({ host: address, isRemote: true });
    const images = new Images(engine, { mode: "auto", progress: new Progress() });
    const [network] = [
      ...(await createNetworks(engine, run, "edge", [{ name: "net", internal: false, routed: true }])).values(),
    ];
    if (network === undefined) throw new Error("no network was created");
    const part = await startPart({ engine, run, images }, "edge", {
      name: "scripted-model",
      image: await images.get("scripted-model"),
      networks: [{ network, aliases: [] }],
      publish: [modelProvider.port],
      ready: answersHttp(modelProvider.port, "/_health"),
      startDeadline: deadlines.smallPartStart,
    });
    expect(part.host).toBe(address);
    const response = await fetch(`http://${part.host}:${part.ports[modelProvider.port]}/_health`, {
      headers: { connection: "close" },
    });
    expect(response.status).toBe(200);
    expect(await execute(engine, part.containerId, ["node", "-p", "40 + 2"])).toMatchObject({
      exitCode: 0,
      stdout: "42\n",
    });
  },
);

import type { Engine } from "../../containers/engine/engine.ts";
import type { Images } from "../../containers/images/images.ts";
import { readLog } from "../../containers/parts/container-log.ts";
import type { PartHandle, PartPlan, RunNetwork } from "../../containers/parts/part.ts";
import { readyWhenRunning } from "../../containers/parts/readiness.ts";
import { deadlines } from "../../helpers/core/deadlines.ts";

/** A DNS server that knows no name and writes down what it is asked for. Runs with Node, in the host's image. */
const program = `
const socket = require("node:dgram").createSocket("udp4");
socket.on("message", (query, from) => {
  const labels = [];
  let at = 12;
  while (query[at] > 0) { labels.push(query.toString("latin1", at + 1, at + 1 + query[at])); at += query[at] + 1; }
  console.log("asked " + labels.join("."));
  const answer = Buffer.concat([query.subarray(0, 12), query.subarray(12, at + 5)]);
  answer.writeUInt16BE(0x8183, 2);
  answer.writeUInt32BE(0, 6);
  answer.writeUInt16BE(0, 10);
  socket.send(answer, from.port, from.address);
});
socket.bind(53);
`;

/** The plan of the DNS server that a candidate asks for every name that is not one of its services. */
export async function nameSinkPlan(images: Images, network: RunNetwork): Promise<PartPlan> {
  return {
    name: "name-sink",
    image: await images.get("host"),
    networks: [{ network, aliases: [] }],
    entrypoint: ["node", "-e", program],
    ready: readyWhenRunning,
    startDeadline: deadlines.smallPartStart,
  };
}

/** The names that were asked for, each once. */
export async function namesAsked(engine: Engine, sink: PartHandle): Promise<string[]> {
  const log = await readLog(engine, sink.containerId);
  const names = [...log.matchAll(/^asked (\S+)$/gm)].map(([, name = ""]) => name.toLowerCase());
  // Reverse look-ups of the machine's own addresses do not count as egress.
  return [...new Set(names)].filter((name) => !name.endsWith(".arpa"));
}

import type { Channel } from "../protocol/channel.ts";
import { initializeParams } from "./catalogue.ts";
import type { EraAnswers } from "./observations.ts";
import type { Subject } from "./subject.ts";

/** The first revision without a handshake. */
const modernRevision = "2026-07-28";

/** Asks as clients of both eras do, and as no client may. Each form has a connection of its own. */
export async function askBothEras(
  subject: Subject,
  deadline: number,
  keep: (channel: Channel) => void,
): Promise<EraAnswers> {
  const open = async (): Promise<Channel> => {
    const channel = await subject.open();
    keep(channel);
    return channel;
  };
  const [first, second, third] = await Promise.all([open(), open(), open()]);
  const modernMeta = {
    _meta: {
      "io.modelcontextprotocol/protocolVersion": modernRevision,
      "io.modelcontextprotocol/clientInfo": { name: "gateway-conformance", version: "1.0.0" },
      "io.modelcontextprotocol/clientCapabilities": {},
    },
  };
  const [legacy, modern, unknownVersion] = await Promise.all([
    first.ask("initialize", initializeParams(), deadline),
    second.ask("server/discover", modernMeta, deadline),
    third.ask("initialize", initializeParams("1999-01-01"), deadline),
  ]);
  await first.notify("notifications/initialized");
  const unknownMethod = await first.ask("no/such/method", {}, deadline);
  // A client that got no for an answer goes on with the handshake on the same connection.
  const after = modern.kind === "result" ? undefined : await second.ask("initialize", initializeParams(), deadline);
  await Promise.all([first, second, third].map((channel) => channel.close()));
  return {
    legacy,
    modern,
    survivedModern: after === undefined || after.kind === "result",
    unknownVersion,
    unknownMethod,
  };
}

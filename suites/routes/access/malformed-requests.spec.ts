import { randomUUID } from "node:crypto";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { type Exchange, receivedText } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { mustReach } from "../support/edge-decisions.ts";

/** Beyond what any client sends: Go's server takes 1 MiB of headers (net/http, DefaultMaxHeaderBytes). */
const oversized = "a".repeat(1_100_000);

/** Header lines that RFC 9112 refuses, or that mean two things to two servers. */
const malformed: readonly { name: string; lines: readonly string[]; body?: string }[] = [
  { name: "a header of more than a megabyte", lines: [`X-Large: ${oversized}`] },
  { name: "a key of more than a megabyte", lines: [`Authorization: Bearer ${oversized}`] },
  { name: "a line without a colon", lines: ["Authorization"] },
  { name: "a space in a header's name", lines: ["X Bad: 1"] },
  { name: "a space before the colon", lines: ["Content-Length : 0"] },
  { name: "a null byte in a value", lines: ["X-Bad: a\u0000b"] },
  { name: "a bare carriage return in a value", lines: ["X-Bad: a\rb: c"] },
  { name: "two lengths", lines: ["Content-Length: 3", "Content-Length: 4"], body: "abc" },
  { name: "a length that is none", lines: ["Content-Length: three"] },
  { name: "a negative length", lines: ["Content-Length: -1"] },
  { name: "an unknown transfer coding", lines: ["Transfer-Encoding: gzip, chunked"], body: "0\r\n\r\n" },
  { name: "two hosts", lines: ["Host: one.example", "Host: two.example"] },
];

check({
  id: "ROUTE-15/malformed-headers",
  requirements: ["ROUTE-15"],
  title: "oversized and malformed headers are refused before LiteLLM",
  needs: ["edge"],
  async run({ edge }) {
    const cases = edge.policy.hosts.flatMap((host) =>
      // A path of its own for each, so that a line in the target's log can only be its.
      malformed.map((form) => ({ host, ...form, path: `/malformed/${randomUUID()}` })),
    );
    const nameOf = ({ host, name }: (typeof cases)[number]): string => `${name} (${host.name})`;
    const sent = new Map<string, Exchange>();
    await forEachCase(
      "a malformed request is answered 400 or 431",
      cases,
      nameOf,
      async ({ host, path, lines, body }) => {
        const key = lines.some((line) => line.startsWith("Authorization"))
          ? []
          : [`Authorization: Bearer ${edge.anyKey}`];
        const exchange = await edge.sendRaw({
          host,
          path,
          method: "POST",
          lines: [...key, ...lines],
          ...(body === undefined ? {} : { body }),
        });
        sent.set(path, exchange);
        const status = exchange.response?.status;
        if (status !== undefined && [400, 431, 501].includes(status)) return;
        // A server may also hang up on what it can't read.
        if (status === undefined && /closed without|ECONNRESET|EPIPE/.test(exchange.error ?? "")) return;
        throw new CheckFailure({
          summary: "the request is taken for a good one",
          evidence: { received: receivedText(exchange) },
          cause: "a proxy in front of Traefik mends it, or Traefik's limits were raised",
        });
      },
    );
    const log = await edge.targetLog();
    // Traefik logs in the order in which it has answered: once a request that came later stands there, all of these do.
    for (const host of edge.policy.hosts) {
      const { exchange } = await mustReach(edge, { host, path: "/malformed/not", bearer: edge.anyKey });
      await edge.routing(exchange);
    }
    // The target may have refused what Traefik should have: then its answer looks right, and Traefik's log tells.
    await forEachCase("a malformed request ends at Traefik", cases, nameOf, async ({ path }) => {
      const exchange = sent.get(path);
      if (exchange === undefined || (await edge.routingIfLogged(exchange))?.server === undefined) return;
      throw new CheckFailure({
        summary: "Traefik hands it to LiteLLM",
        evidence: { received: receivedText(exchange) },
        cause: "the entry point's limit for headers was raised (http.maxHeaderBytes)",
        location: edge.deployment.traefik.location,
      });
    });
    const arrived = cases.filter(({ path }) => log.some((line) => line.endsWith(` ${path}`)));
    if (arrived.length > 0) {
      throw new CheckFailure({
        summary: `${arrived.length} malformed requests stand in the target's log`,
        evidence: { received: arrived.map(nameOf).join("\n") },
      });
    }
  },
});

import { randomUUID } from "node:crypto";
import type { Edge } from "../../../containers/targets/edge.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { decide } from "../../../helpers/deployment/policy/access.ts";
import type { Policy, PolicyHost } from "../../../helpers/deployment/types.ts";
import { type Exchange, receivedText } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { onePathOf } from "../../support/access-cases.ts";
import { answerFrom, statusOf } from "../../support/answers.ts";
import { entryPointOption } from "../../support/traefik-options.ts";
import { expectReached } from "../support/edge-decisions.ts";

/** Larger than any client sends: Go's server accepts 1 MiB of headers (net/http, DefaultMaxHeaderBytes). */
const oversized = "a".repeat(1_100_000);

interface MalformedForm {
  name: string;
  lines: readonly string[];
  body?: string;
}

/** Header lines that RFC 9112 forbids, or that two servers may read differently. */
const malformed: readonly MalformedForm[] = [
  { name: "a header of more than a megabyte", lines: [`X-Large: ${oversized}`] },
  { name: "a key of more than a megabyte", lines: [`Authorization: Bearer ${oversized}`] },
  { name: "a line without a colon", lines: ["Authorization"] },
  { name: "a space in a header's name", lines: ["X Bad: 1"] },
  { name: "a space before the colon", lines: ["Content-Length : 0"] },
  { name: "a null byte in a value", lines: ["X-Bad: a\u0000b"] },
  { name: "a bare carriage return in a value", lines: ["X-Bad: a\rb: c"] },
  { name: "two lengths", lines: ["Content-Length: 3", "Content-Length: 4"], body: "abc" },
  { name: "a length that is not a number", lines: ["Content-Length: three"] },
  { name: "a negative length", lines: ["Content-Length: -1"] },
  { name: "an unknown transfer coding", lines: ["Transfer-Encoding: gzip, chunked"], body: "0\r\n\r\n" },
  { name: "two hosts", lines: ["Host: one.example", "Host: two.example"] },
];

/** What a server answers to a request that it cannot read: 400, 431 (RFC 6585 §5), or 501 for the transfer coding. */
const refusals: ReadonlySet<number> = new Set([400, 431, 501]);

check({
  id: "ROUTE-15/malformed-headers",
  requirements: ["ROUTE-15"],
  title: "oversized and malformed headers are refused before LiteLLM",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const reachable = onePathOf(edge.policy, ["bearer", "litellm", "login", "anyone"]);
    if (reachable.length === 0) evidence.notSupported("the policy lets no request through");
    const cases = reachable.flatMap((one) =>
      // Each has a path of its own where the host lets any path through, so that a line in the target's log can only be that
      // request.
      malformed.map((form) => ({ ...one, form, path: ownPath(edge.policy, one) })),
    );
    const nameOf = ({ host, form }: (typeof cases)[number]): string => `${form.name} (${host.name})`;
    const sent = new Map<string, Exchange>();
    await forEachCase("a malformed request is refused", cases, nameOf, async ({ host, path, form }) => {
      const exchange = await sendMalformed(edge, host, path, form);
      sent.set(path, exchange);
      if (isRefused(exchange)) return;
      throw new CheckFailure({
        ...(exchange.response === undefined
          ? { summary: "the request is neither answered nor its connection closed", code: "no-response" }
          : { summary: "the request is accepted as valid", code: "accepted" }),
        expected: `${[...refusals].join(" or ")}, or a closed connection`,
        actual: statusOf(exchange),
        evidence: evidenceOf(exchange),
        cause: "a proxy in front of Traefik repairs the request, or Traefik's limits were raised",
        location: (entryPointOption(edge.deployment, host, "http.maxHeaderBytes") ?? edge.deployment.traefik).location,
      });
    });
    const log = await edge.targetLog();
    // Traefik logs requests in the order of its answers: when a later request is logged, all of these are.
    for (const { host, path } of reachable) {
      const exchange = await edge.send({ host, path, bearer: edge.anyKey, headers: edge.session });
      await expectReached(edge, exchange);
      await edge.routing(exchange);
    }
    // The target may refuse what Traefik should have refused: the answer then looks right, and only Traefik's log shows it.
    await forEachCase("a malformed request ends at Traefik", cases, nameOf, async ({ host, path }) => {
      const exchange = sent.get(path);
      if (exchange === undefined || (await edge.routingIfLogged(exchange))?.server === undefined) return;
      throw new CheckFailure({
        summary: "Traefik forwards it to LiteLLM",
        code: "forwarded",
        expected: "a refusal from Traefik",
        actual: answerFrom("LiteLLM", exchange),
        evidence: evidenceOf(exchange),
        cause: "the entry point's limit for headers was raised (http.maxHeaderBytes)",
        location: (entryPointOption(edge.deployment, host, "http.maxHeaderBytes") ?? edge.deployment.traefik).location,
      });
    });
    const arrived = cases.filter(({ path }) => log.some((line) => line.endsWith(` ${path}`)));
    if (arrived.length === 0) return;
    throw new CheckFailure({
      summary: `${arrived.length} malformed requests are in the target's log`,
      code: "in-target-log",
      expected: "no malformed request in the target's log",
      actual: arrived.map(nameOf).join("\n"),
      evidence: { exchanges: arrived.flatMap(({ path }) => sent.get(path)?.id ?? []) },
      cause: "Traefik forwards the requests and does not log them",
      location: edge.deployment.traefik.location,
    });
  },
});

/** A path that nothing else uses, decided as the given one is; a query of its own where no other path is. */
function ownPath(policy: Policy, { host, path, decision }: ReturnType<typeof onePathOf>[number]): string {
  const own = `/malformed/${randomUUID()}`;
  const { who } = decide(policy, host, { method: "POST", path: own });
  return who === decision.who ? own : `${path}?${randomUUID()}`;
}

async function sendMalformed(
  edge: Edge,
  host: PolicyHost,
  path: string,
  { lines, body }: MalformedForm,
): Promise<Exchange> {
  const hasCredential = lines.some((line) => line.startsWith("Authorization"));
  const key = hasCredential ? [] : [`Authorization: Bearer ${edge.anyKey}`];
  return await edge.sendRaw({
    host,
    path,
    method: "POST",
    lines: [...key, ...edge.session.map((line) => line.join(": ")), ...lines],
    ...(body === undefined ? {} : { body }),
  });
}

function isRefused({ response, error }: Exchange): boolean {
  if (response !== undefined) return refusals.has(response.status);
  // A server may also close the connection of a request that it cannot read.
  return /closed without|ECONNRESET|EPIPE/.test(error ?? "");
}

/** Without what was sent: some of the requests are over a megabyte. */
function evidenceOf(exchange: Exchange): { received: string; exchanges: string[] } {
  return { received: receivedText(exchange), exchanges: [exchange.id] };
}

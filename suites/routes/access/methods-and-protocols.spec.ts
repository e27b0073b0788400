import type { Edge, EdgeRequest } from "../../../containers/targets/edge.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { decide, isPreflight } from "../../../helpers/deployment/policy/access.ts";
import type { Policy } from "../../../helpers/deployment/types.ts";
import { check } from "../../runner/check.ts";
import { hostText, onePathOf } from "../../support/access-cases.ts";
import { expectDecision, expectRefused, type Send } from "../support/edge-decisions.ts";

/** Without HEAD: its answer has no body in which the target can name itself, so HEAD has a check of its own (ROUTE-01). */
const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "QUERY"] as const;

/** Who may decide: a path of each kind has routers of its own. */
const kinds = ["bearer", "litellm", "login", "nobody", "redirect"] as const;

interface Protocol {
  name: string;
  /** @param request without a credential */
  send(edge: Edge, request: EdgeRequest): Send;
}

const http1: Protocol = {
  name: "HTTP/1.1",
  send:
    (edge, request) =>
    ({ bearer, headers = [] }) =>
      edge.sendRaw({ ...request, lines: [...credentialLines(bearer), ...headers.map((line) => line.join(": "))] }),
};
const http2: Protocol = {
  name: "HTTP/2",
  send: (edge, request) => (credentials) => edge.sendHttp2({ ...request, ...credentials }),
};

check({
  id: "ROUTE-11/every-method-and-protocol",
  requirements: ["ROUTE-11"],
  title: "the split is the same for every method, over HTTP/1.1 and HTTP/2",
  needs: ["edge"],
  async run({ edge }) {
    const { policy } = edge;
    const cases = pathsOfEachKind(policy).flatMap(({ host, path }) =>
      (host.scheme === "https" ? [http1, http2] : [http1]).flatMap((protocol) =>
        methods.map((method) => ({ host, path, protocol, method })).filter((one) => !isPreflight(host, one)),
      ),
    );
    await forEachCase(
      "every method of a path is for those whom the policy names",
      cases,
      ({ host, path, protocol, method }) => `${method} over ${protocol.name} (${hostText(policy, host)}${path})`,
      async ({ host, path, protocol, method }) => {
        const decision = decide(policy, host, { method, path });
        await expectDecision(edge, decision, protocol.send(edge, { host, path, method }));
      },
    );
  },
});

check({
  id: "ROUTE-11/websocket-upgrade",
  requirements: ["ROUTE-11"],
  title: "a WebSocket upgrade is split like any other request",
  needs: ["edge"],
  async run({ edge }) {
    const upgrade = [
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ];
    const { policy } = edge;
    await forEachCase(
      "an upgrade is for those whom the policy names",
      pathsOfEachKind(policy),
      ({ host, path }) => `${hostText(policy, host)}${path}`,
      async ({ host, path, decision }) =>
        expectDecision(edge, decision, ({ bearer, headers = [] }) => {
          const lines = [...upgrade, ...credentialLines(bearer), ...headers.map((line) => line.join(": "))];
          return edge.sendRaw({ host, path, lines });
        }),
    );
  },
});

check({
  id: "ROUTE-11/method-override-headers",
  requirements: ["ROUTE-11"],
  title: "a header that overrides the method changes nothing",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const restricted = (["bearer", "login", "nobody"] as const).flatMap((who) => onePathOf(edge.policy, [who], "POST"));
    if (restricted.length === 0)
      evidence.notSupported("the policy restricts nothing at Traefik: LiteLLM alone judges every method");
    const cases = restricted.flatMap(({ host, path }) =>
      ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"].map((name) => ({ host, path, name })),
    );
    await forEachCase(
      "an anonymous request with an overridden method is refused",
      cases,
      ({ host, name }) => `${name} (${host.name})`,
      async ({ host, path, name }) => {
        const lines = [`${name}: OPTIONS`];
        await expectRefused(edge, await edge.sendRaw({ host, path, method: "POST", lines }));
      },
    );
  },
});

/** One path of each kind that a host has. */
function pathsOfEachKind(policy: Policy): ReturnType<typeof onePathOf> {
  return kinds.flatMap((who) => onePathOf(policy, [who]));
}

function credentialLines(bearer: string | undefined): string[] {
  return bearer === undefined ? [] : [`Authorization: Bearer ${bearer}`];
}

import type { Edge } from "../../../containers/targets/edge.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import type { PolicyHost } from "../../../helpers/deployment/types.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { expectReached, expectRefused } from "../support/edge-decisions.ts";

/** Without HEAD: its answer has no body in which the target can name itself, so HEAD has a check of its own (ROUTE-01). */
const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "QUERY"] as const;

const privatePath = "/v1/models";

interface Protocol {
  name: string;
  send(edge: Edge, host: PolicyHost, method: string, bearer: string | undefined): Promise<Exchange>;
}

const http1: Protocol = {
  name: "HTTP/1.1",
  send: (edge, host, method, bearer) =>
    edge.sendRaw({ host, path: privatePath, method, lines: credentialLines(bearer) }),
};
const http2: Protocol = {
  name: "HTTP/2",
  send: (edge, host, method, bearer) =>
    edge.sendHttp2({ host, path: privatePath, method, ...(bearer === undefined ? {} : { bearer }) }),
};

check({
  id: "ROUTE-11/every-method-and-protocol",
  requirements: ["ROUTE-11"],
  title: "the split is the same for every method, over HTTP/1.1 and HTTP/2",
  needs: ["edge"],
  async run({ edge }) {
    const cases = edge.policy.hosts.flatMap((host) =>
      (host.scheme === "https" ? [http1, http2] : [http1]).flatMap((protocol) =>
        methods.map((method) => ({ host, protocol, method })),
      ),
    );
    await forEachCase(
      "a private path is refused without a key and gets through with one",
      cases,
      ({ host, protocol, method }) => `${method} over ${protocol.name} (${host.name})`,
      async ({ host, protocol, method }) => {
        await expectRefused(edge, await protocol.send(edge, host, method, undefined));
        await expectReached(edge, await protocol.send(edge, host, method, edge.anyKey));
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
    await forEachCase(
      "an upgrade is refused without a key and gets through with one",
      edge.policy.hosts,
      ({ name }) => name,
      async (host) => {
        await expectRefused(edge, await edge.sendRaw({ host, path: privatePath, lines: upgrade }));
        const lines = [...upgrade, ...credentialLines(edge.anyKey)];
        await expectReached(edge, await edge.sendRaw({ host, path: privatePath, lines }));
      },
    );
  },
});

check({
  id: "ROUTE-11/method-override-headers",
  requirements: ["ROUTE-11"],
  title: "a header that overrides the method changes nothing",
  needs: ["edge"],
  async run({ edge }) {
    const cases = edge.policy.hosts.flatMap((host) =>
      ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"].map((name) => ({ host, name })),
    );
    await forEachCase(
      "an anonymous request with an overridden method is refused",
      cases,
      ({ host, name }) => `${name} (${host.name})`,
      async ({ host, name }) => {
        const lines = [`${name}: OPTIONS`];
        await expectRefused(edge, await edge.sendRaw({ host, path: privatePath, method: "POST", lines }));
      },
    );
  },
});

function credentialLines(bearer: string | undefined): string[] {
  return bearer === undefined ? [] : [`Authorization: Bearer ${bearer}`];
}

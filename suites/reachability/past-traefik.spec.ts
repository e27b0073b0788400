import type { GatewayTarget } from "../../containers/targets/needs.ts";
import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { unknownKey } from "../../helpers/deployment/canaries.ts";
import type { ReachRule } from "../../helpers/deployment/types.ts";
import { privatePaths } from "../routes/support/private-paths.ts";
import { check } from "../runner/check.ts";
import type { Evidence } from "../runner/evidence.ts";
import { type CurlRequest, statuses } from "./support/curl.ts";

/** LiteLLM 1.77.1 lets anybody have it open connections; a requirement of its own (REACH-09). */
const connectionTest = "/mcp-rest/test/connection";

check({
  id: "REACH-06/key-demanded-on-the-lan",
  requirements: ["REACH-06"],
  title: "past Traefik, LiteLLM demands a key on the LAN for everything that is not public",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    for (const door of doorsPastTraefik(gateway, evidence)) {
      await mustOpenWithKey(gateway, door);
      const rows = privatePaths(gateway.policy)
        .filter((path) => path !== connectionTest)
        .flatMap((path) => ["GET", "POST"].map((method) => ({ path, method })))
        .flatMap((row) => [
          { ...row, name: "no key", bearer: undefined },
          { ...row, name: "an unknown key", bearer: unknownKey },
        ]);
      const answers = await statuses(
        gateway,
        "lan-host",
        rows.map((row) => ({ ...row, url: door.url(row.path) })),
      );
      const table = rows.map((row, index) => ({ ...row, status: answers[index] ?? 0 }));
      await evidence.keep("decisions.json", JSON.stringify(table, null, 1));
      // No route of that method; each path must have one.
      const routes = table.filter(({ status }) => status !== 404 && status !== 405);
      await forEachCase(
        "LiteLLM refuses",
        routes,
        ({ name, method, path }) => `${method} ${path} with ${name}`,
        (row) => mustBeRefused(gateway, door, row, row.status),
      );
    }
  },
});

check({
  id: "REACH-09/no-outgoing-connections-without-key",
  requirements: ["REACH-09"],
  title: "past Traefik, LiteLLM opens no connection for a caller without a key",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    for (const door of doorsPastTraefik(gateway, evidence)) {
      await mustOpenWithKey(gateway, door);
      const row = { path: connectionTest, method: "POST", bearer: undefined };
      const [status = 0] = await statuses(gateway, "lan-host", [{ ...row, url: door.url(row.path) }]);
      if (status === 404) evidence.finding(`${connectionTest} is no route of this version`);
      else await mustBeRefused(gateway, door, { ...row, name: "no key" }, status);
    }
  },
});

/** A port on the LAN that the policy opens and that is not Traefik's. */
interface Door {
  rule: ReachRule;
  port: number;
  url(path: string): string;
}

function doorsPastTraefik({ policy, deployment, internalHost }: GatewayTarget, evidence: Evidence): Door[] {
  const traefik = new Set(deployment.traefik.ports.map(({ host }) => host));
  const doors = policy.reach
    .filter(({ from, to }) => from === "lan" && to === "gateway-host")
    .flatMap((rule) =>
      rule.ports
        .filter((port) => !traefik.has(port))
        .map((port) => ({
          rule,
          port,
          url: (path: string) => `http://${rule.as ?? internalHost.name}:${port}${path}`,
        })),
    );
  if (doors.length === 0) evidence.notSupported("the policy opens no port past Traefik to the LAN");
  return doors;
}

/** Beside each 'is refused' the same port, allowed: with the master key. */
async function mustOpenWithKey(gateway: GatewayTarget, { url, rule }: Door): Promise<void> {
  const [status] = await statuses(gateway, "lan-host", [
    { method: "GET", url: url("/v1/models"), bearer: gateway.masterKey },
  ]);
  if (status === 200) return;
  throw new CheckFailure({
    summary: `the control fails: with the master key ${url("/v1/models")} does not answer on the LAN`,
    evidence: {
      sent: `GET ${url("/v1/models")} with the master key`,
      received: status === 0 ? "no response" : String(status),
    },

    cause: "the port is not published, or the firewall denies it",
    location: rule.location,
  });
}

/** 401 and 403 are refusals; LiteLLM's MCP answers 500 on some versions (CAT-10), and otherwise with a key. */
async function mustBeRefused(
  gateway: GatewayTarget,
  { url }: Door,
  { path, method, name, bearer }: Omit<CurlRequest, "url"> & { path: string; name: string },
  status: number,
): Promise<void> {
  if (status === 401 || status === 403) return;
  const [keyed] = await statuses(gateway, "lan-host", [{ method, url: url(path), bearer: gateway.masterKey }]);
  if (status >= 400 && keyed !== 0 && status !== keyed) return;
  const isSilent = status === 0 || keyed === 0;
  throw new CheckFailure({
    summary: isSilent
      ? `${method} ${path} has no answer for a caller with ${status === 0 ? name : "the master key"}`
      : `${method} ${path} is answered to a caller with ${name}`,
    evidence: {
      sent: `${method} ${url(path)}${bearer === undefined ? "" : " with Authorization: Bearer …"}`,
      received: `${status || "no response"}, and with the master key ${keyed || "no response"}`,
    },

    cause: isSilent
      ? "LiteLLM hangs on this route, or what connects it to the LAN drops what is sent"
      : "LiteLLM demands no key for this route: no master_key, a custom_auth that admits it, or the version",
    location: gateway.deployment.litellm.location,
  });
}

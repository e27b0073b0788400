import { randomBytes } from "node:crypto";
import type { GatewayTarget } from "../../containers/targets/needs.ts";
import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import type { InjectedRoute, PolicyHost } from "../../helpers/deployment/types.ts";
import { type Exchange, receivedText, sentText } from "../../helpers/protocol/exchange.ts";
import { check } from "../runner/check.ts";
import { type KeyStanding, keyStanding, standingText } from "./support/poll-diagnosis.ts";

/** How often the UI asks, in the time that a user looks at it. */
const polls = 10;

check({
  id: "INJ-01/status-poll",
  requirements: ["INJ-01"],
  title: "the UI's poll gets LiteLLM's own status without a key in the browser",
  needs: ["gateway"],
  async run({ gateway }) {
    await forEachCase(
      "an anonymous poll is answered with LiteLLM's status",
      injectedRoutes(gateway),
      ({ route, host }) => `${host.name}${route.path}`,
      async ({ route, host }) => {
        const exchange = await gateway.send({ host, path: route.path });
        const status = exchange.response?.status;
        const standing = keyStanding(status, exchange.response?.body ?? "");
        if (status === route.status && standing === "accepted") return;
        throw new CheckFailure({
          summary: `the poll is answered ${status} where LiteLLM's own status was due`,
          evidence: exchangeEvidence(exchange),

          cause: standingText[standing],
          location: route.location,
        });
      },
    );
  },
});

check({
  id: "INJ-07/ten-polls",
  requirements: ["INJ-07"],
  title: "ten polls leave no exception in LiteLLM's log",
  needs: ["gateway", "part-logs"],
  async run({ gateway }) {
    const mark = `poll-${randomBytes(6).toString("hex")}`;
    const since = new Date();
    await forEachCase(
      "the polls are answered",
      injectedRoutes(gateway),
      ({ route, host }) => `${host.name}${route.path}`,
      async ({ route, host }) => {
        for (let poll = 0; poll < polls; poll++) {
          const exchange = await gateway.send({ host, path: `${route.path}?mark=${mark}` });
          if (exchange.response?.status !== route.status) {
            throw new CheckFailure({
              summary: `poll ${poll + 1} is answered ${exchange.response?.status}`,
              evidence: exchangeEvidence(exchange),

              location: route.location,
            });
          }
        }
      },
    );
    const log = await gateway.logOnce("litellm", (text) => text.split(mark).length > polls, { since });
    // Other checks break things on purpose meanwhile: only what names this route is its own.
    const paths = gateway.policy.injectedRoutes.map(({ path }) => path);
    const lines = log.split("\n");
    const own = lines.filter(
      (line) => /exception|traceback|error/i.test(line) && paths.some((path) => line.includes(path)),
    );
    if (own.length > 0) {
      throw new CheckFailure({
        summary: `${polls} polls leave ${own.length} complaints in LiteLLM's log`,
        evidence: { received: own.slice(0, 5).join("\n") },
        cause: "LiteLLM refuses the injected key and logs each refusal as an exception",
      });
    }
  },
});

check({
  id: "INJ-08/refused-key-diagnosed",
  requirements: ["INJ-08"],
  title: "a refused key is diagnosed: unknown, without the right, or no database to look it up",
  needs: ["gateway", "litellm-port"],
  async run({ gateway, evidence }) {
    for (const route of gateway.policy.injectedRoutes) {
      const others = gateway.policy.secrets.filter(({ kind, name }) => kind === "api-key" && name !== route.secret);
      const polled = injectedRoutes(gateway)
        .filter((one) => one.route === route)
        .map(async ({ host }) =>
          standingOf(`the key that is injected on ${host.name}`, await gateway.send({ host, path: route.path })),
        );
      const keys = [
        { name: "a key that LiteLLM does not know", key: `sk-unknown-${randomBytes(8).toString("hex")}` },
        { name: route.secret, key: gateway.secret(route.secret) },
        ...others.map(({ name }) => ({ name, key: gateway.secret(name) })),
        { name: "no key", key: undefined },
      ];
      const asked = keys.map(async ({ name, key }) => {
        const exchange = await gateway.wire.send({
          url: gateway.directUrl(route.path),
          ...(key === undefined ? {} : { headers: [["Authorization", `Bearer ${key}`]] }),
        });
        return standingOf(name, exchange, key === undefined ? "no-key" : "a-key");
      });
      const [injected, [unknown, ...rest]] = await Promise.all([Promise.all(polled), Promise.all(asked)]);
      const standings = [...injected, ...(unknown ? [unknown] : []), ...rest];
      const wrong =
        injected.find(({ standing }) => standing !== "accepted") ??
        standings.find(({ standing }) => standing === "other") ??
        (unknown?.standing === "accepted" ? unknown : undefined);
      if (wrong !== undefined) {
        throw new CheckFailure({
          summary: `${wrong.name}: ${standingText[wrong.standing]}`,
          evidence: exchangeEvidence(wrong.exchange),

          cause:
            wrong === unknown
              ? "LiteLLM accepts any key: no master_key is set"
              : "the label injects a key that LiteLLM's configuration does not know for this route",
          location: route.location,
        });
      }
      const told = standings.map(({ name, standing }) => `${name}: ${standing}`).join("; ");
      evidence.finding(`The status poll tells keys apart (${told}).`);
    }
  },
});

function standingOf(
  name: string,
  exchange: Exchange,
  sent: "a-key" | "no-key" = "a-key",
): { name: string; standing: KeyStanding; exchange: Exchange } {
  return { name, standing: keyStanding(exchange.response?.status, exchange.response?.body ?? "", sent), exchange };
}

function injectedRoutes(gateway: GatewayTarget): { route: InjectedRoute; host: PolicyHost }[] {
  return gateway.policy.injectedRoutes.flatMap((route) =>
    gateway.policy.hosts.filter(({ name }) => route.hosts.includes(name)).map((host) => ({ route, host })),
  );
}

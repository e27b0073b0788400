import { randomBytes } from "node:crypto";
import type { GatewayWith } from "../../containers/targets/needs.ts";
import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure, type FailureDetails } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { DeadlineError } from "../../helpers/core/deadlines.ts";
import type { InjectedRoute } from "../../helpers/deployment/types.ts";
import type { Exchange } from "../../helpers/protocol/exchange.ts";
import { check } from "../runner/check.ts";
import { statusOf } from "../support/answers.ts";
import { everyoneAdmitted } from "../support/any-key.ts";
import { hostsOf, injectedRequests, injectedRoutes } from "./support/injected-routes.ts";
import { type KeyStatus, keyStatus, keyStatusText } from "./support/key-status.ts";
import { causeInModule } from "./support/module-cause.ts";

/** How often the UI polls while a user looks at it. */
const polls = 10;

check({
  id: "INJ-01/status-poll",
  requirements: ["INJ-01"],
  title: "the UI's poll gets LiteLLM's own status without a key in the browser",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    await forEachCase(
      "an anonymous poll is answered with LiteLLM's status",
      injectedRequests(gateway.policy, evidence),
      ({ route, host }) => `${host.name}${route.path}`,
      async ({ route, host }) => {
        const exchange = await gateway.send({ host, path: route.path });
        const status = keyStatus(exchange.response?.status, exchange.response?.body ?? "");
        if (exchange.response?.status === route.status && status === "accepted") return;
        throw new CheckFailure({
          summary: "the poll does not get LiteLLM's own status",
          code: status === "accepted" ? "wrong-status" : status,
          expected: `${route.status} with LiteLLM's status`,
          actual: statusOf(exchange),
          evidence: exchangeEvidence(exchange),
          cause: keyStatusText[status],
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
  async run({ gateway, evidence }) {
    const mark = `poll-${randomBytes(6).toString("hex")}`;
    const since = new Date();
    await forEachCase(
      "each poll is answered with the policy's status",
      injectedRequests(gateway.policy, evidence),
      ({ route, host }) => `${host.name}${route.path}`,
      async ({ route, host }) => {
        for (let poll = 1; poll <= polls; poll++) {
          const exchange = await gateway.send({ host, path: `${route.path}?mark=${mark}` });
          if (exchange.response?.status === route.status) continue;
          throw new CheckFailure({
            summary: `poll ${poll} is answered ${statusOf(exchange)}`,
            code: "wrong-status",
            expected: String(route.status),
            actual: statusOf(exchange),
            evidence: exchangeEvidence(exchange),
            cause: keyStatusText[keyStatus(exchange.response?.status, exchange.response?.body ?? "")],
            location: route.location,
          });
        }
      },
    );
    const log = await gateway
      .logOnce("litellm", (text) => text.split(mark).length > polls, { since })
      .catch((error) => {
        if (!(error instanceof DeadlineError)) throw error;
        evidence.finding(
          "LiteLLM logs no requests as it is configured: its log was searched for errors as it was then.",
        );
        return gateway.log("litellm", { since });
      });
    // Other checks cause errors on purpose at the same time: only lines that name this route count.
    const paths = gateway.policy.injectedRoutes.map(({ path }) => path);
    const errors = log
      .split("\n")
      .filter((line) => /exception|traceback|error/i.test(line) && paths.some((path) => line.includes(path)));
    if (errors.length === 0) return;
    const [location] = gateway.policy.injectedRoutes.map((route) => route.location);
    throw new CheckFailure({
      summary: `${polls} polls leave ${errors.length} errors in LiteLLM's log`,
      code: "errors-in-log",
      expected: "no error in LiteLLM's log that names the polled route",
      actual: errors.slice(0, 5).join("\n"),
      cause: "LiteLLM refuses the injected key and logs each refusal as an exception",
      ...(location === undefined ? {} : { location }),
    });
  },
});

check({
  id: "INJ-08/refused-key-diagnosed",
  requirements: ["INJ-08"],
  title: "a refused key is diagnosed: unknown, without the right, or no database to look it up",
  needs: ["gateway", "litellm-port"],
  async run({ gateway, evidence }) {
    for (const route of injectedRoutes(gateway.policy, evidence)) {
      const [injected, { unknown, others }] = await Promise.all([
        injectedKeys(gateway, route),
        keysPastTraefik(gateway, route),
      ]);
      const tried = [...injected, unknown, ...others];
      const wrong =
        injected.find(({ status }) => status !== "accepted") ??
        tried.find(({ status }) => status === "other") ??
        (unknown.status === "accepted" ? unknown : undefined);
      if (wrong !== undefined) {
        throw new CheckFailure({
          summary: `${wrong.name}: ${keyStatusText[wrong.status]}`,
          actual: `${statusOf(wrong.exchange)} (${wrong.status})`,
          evidence: exchangeEvidence(wrong.exchange),
          ...diagnosisOf(wrong, injected.includes(wrong)),
          location: route.location,
          ...(injected.includes(wrong) &&
          others.some(({ name, status }) => name === route.secret && status !== "accepted")
            ? causeInModule(gateway.deployment, route.secret)
            : {}),
          ...(wrong === unknown ? everyoneAdmitted(gateway, wrong.exchange.response?.status) : {}),
        });
      }
      const statuses = tried.map(({ name, status }) => `${name}: ${status}`).join("; ");
      evidence.finding(`The status poll distinguishes keys (${statuses}).`);
    }
  },
});

/** A key that was sent to the injected route, with what LiteLLM's answer says about it. */
interface TriedKey {
  name: string;
  status: KeyStatus;
  exchange: Exchange;
}

/** Polls through Traefik, which injects the key. */
async function injectedKeys(gateway: GatewayWith<"litellm-port">, route: InjectedRoute): Promise<TriedKey[]> {
  return await Promise.all(
    hostsOf(route, gateway.policy).map(async (host) =>
      triedKey(`the key that is injected on ${host.name}`, await gateway.send({ host, path: route.path })),
    ),
  );
}

/** Polls LiteLLM's own port with keys of every kind: one that it does not know, the policy's, and none. */
async function keysPastTraefik(
  gateway: GatewayWith<"litellm-port">,
  route: InjectedRoute,
): Promise<{ unknown: TriedKey; others: TriedKey[] }> {
  const poll = async (name: string, key: string | undefined): Promise<TriedKey> => {
    const exchange = await gateway.http.send({
      url: gateway.directUrl(route.path),
      ...(key === undefined ? {} : { headers: [["Authorization", `Bearer ${key}`]] }),
    });
    return triedKey(name, exchange, key === undefined ? "no-key" : "a-key");
  };
  const names = gateway.policy.secrets.filter(({ kind, name }) => kind === "api-key" && name !== route.secret);
  const [unknown, ...others] = await Promise.all([
    poll("a key that LiteLLM does not know", `sk-unknown-${randomBytes(8).toString("hex")}`),
    poll(route.secret, gateway.secret(route.secret)),
    ...names.map(({ name }) => poll(name, gateway.secret(name))),
    poll("no key", undefined),
  ]);
  return { unknown, others };
}

function triedKey(name: string, exchange: Exchange, sent: "a-key" | "no-key" = "a-key"): TriedKey {
  return { name, status: keyStatus(exchange.response?.status, exchange.response?.body ?? "", sent), exchange };
}

function diagnosisOf({ status }: TriedKey, isInjected: boolean): Pick<FailureDetails, "code" | "expected" | "cause"> {
  if (isInjected) {
    return {
      code: `injected-key-${status}`,
      expected: "LiteLLM accepts the injected key",
      cause: "the label injects a key that LiteLLM's configuration does not know for this route",
    };
  }
  if (status === "accepted") {
    return {
      code: "any-key-accepted",
      expected: "LiteLLM refuses a key that it does not know",
      cause: "LiteLLM accepts any key: no master_key is set",
    };
  }
  return {
    code: "answer-not-understood",
    expected: "an answer that says whether the key is accepted, unknown or without the right",
    cause: "this version of LiteLLM answers its status poll in another way",
  };
}

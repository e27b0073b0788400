import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { receivedText } from "../../../helpers/protocol/exchange.ts";
import { readEventStream, type StreamItem } from "../../../helpers/protocol/sse.ts";
import { check } from "../../runner/check.ts";
import { causeOfBufferedAnswer } from "../../support/held-stream.ts";
import { endShownAfter, metTimeout, streamTimeouts } from "../support/stream-timeouts.ts";

/** The longest limit that is waited for, in seconds: Traefik's default `readTimeout` is 60 s. */
const longestLimit = 75;

/** How long a stream is watched after the last limit would have ended it, in seconds. A closed connection shows in milliseconds. */
const margin = 2;

check({
  id: "ROUTE-23/stream-outlives-limits",
  requirements: ["ROUTE-23"],
  title: "a stream stays open for longer than every time-out on its way",
  needs: ["gateway"],
  slow: true,
  async run({ gateway, evidence }) {
    const { policy, deployment } = gateway;
    const limits = streamTimeouts(deployment.traefikModel?.static, gateway.internalHost.entryPoint);
    const heartbeat = policy.mcp.heartbeatSeconds;
    const waitedFor = limits.filter(({ seconds }) => seconds < longestLimit);
    const shown = Math.max(2 * heartbeat, ...waitedFor.map((limit) => endShownAfter(limit, heartbeat)));
    const watched = Math.ceil(shown) + margin;
    const stream = await gateway.http.open({
      url: gateway.url(gateway.streamPath),
      headers: [
        ["Accept", "text/event-stream"],
        ["Authorization", `Bearer ${gateway.masterKey}`],
      ],
      deadline: 2 * heartbeat * 1000,
    });
    if (stream.exchange.response === undefined)
      throw new CheckFailure({
        summary: `the stream at ${gateway.streamPath} has no response`,
        code: "no-response",
        expected: `a stream that stays open for ${watched} s at least`,
        actual: receivedText(stream.exchange),
        evidence: exchangeEvidence(stream.exchange),
        ...(causeOfBufferedAnswer(stream.exchange, deployment) ?? { location: deployment.litellm.location }),
      });
    const began = performance.now();
    let items: readonly StreamItem[] = [];
    let broken: string | undefined;
    try {
      items = await readEventStream(stream, watched * 1000, (seen) => {
        items = seen;
        return false;
      });
    } catch (error) {
      broken = error instanceof Error ? error.message : String(error);
    }
    const seconds = Math.round((performance.now() - began) / 1000);
    if (broken === undefined && seconds >= watched) {
      const longer = limits.filter((one) => one.seconds >= longestLimit).map((one) => `${one.name} (${one.seconds} s)`);
      evidence.finding(
        `The stream at ${gateway.streamPath} was open for ${seconds} s with ${items.length} heartbeats` +
          `${longer.length > 0 ? `; longer limits were not waited for: ${longer.join(", ")}` : ""}.`,
      );
      return;
    }
    const limit = metTimeout(limits, seconds, heartbeat);
    throw new CheckFailure({
      summary: `the stream at ${gateway.streamPath} ends after ${seconds} s`,
      code: "stream-ended",
      expected: `a stream that stays open for ${watched} s at least`,
      actual: broken ?? `its end after ${seconds} s and ${items.length} heartbeats`,
      evidence: exchangeEvidence(stream.exchange),
      cause:
        limit === undefined
          ? "no configured time-out is that short: LiteLLM itself, or a part in between, ends the stream"
          : `${limit.name} is ${limit.seconds} s`,
      location: limit?.location ?? deployment.litellm.location,
      ...(limit === undefined ? {} : { fix: `raise ${limit.name}, or set it to 0` }),
    });
  },
});

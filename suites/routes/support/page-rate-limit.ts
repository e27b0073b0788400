import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { middlewaresOf } from "../../../helpers/deployment/traefik/causes.ts";
import type { TraefikMiddleware, TraefikRouter } from "../../../helpers/deployment/traefik/dynamic/dynamic.ts";
import type { TraefikModel } from "../../../helpers/deployment/traefik/model.ts";
import { durationSeconds } from "./idle-limits.ts";

/** What a browser loads the files of a page from: LiteLLM's UI has about thirty, and its API documentation four. */
const pageFiles = /(?:^|\/)(?:ui|swagger|litellm-asset-prefix|_next)\/\*\*$/;

/**
 * A limit below both refuses files of a page that nobody else loads at the same time. It says nothing of a limit that is higher: how
 * fast a browser asks depends on the page and the network.
 */
const enough = { perSecond: 10, burst: 10 };

/**
 * Asserts that the router of a page's files has no rate limit that refuses them to a single browser. The suite's own requests wait
 * until a limit lets them pass, because a run sends more of them than a client does.
 *
 * @param pattern of the policy, e.g. `/ui/**`; one of other paths is not judged
 * @param taken the live name of the router that takes the requests
 * @throws {CheckFailure} `low-rate-limit`
 */
export function expectPageRateLimit(model: TraefikModel, pattern: string, taken: string | undefined): void {
  const router = taken === undefined ? undefined : model.routerOf(taken);
  if (router === undefined || !pageFiles.test(pattern)) return;
  for (const middleware of middlewaresOf(model, router)) expectRate(router, middleware);
}

function expectRate(router: TraefikRouter, { name, kind, options, location }: TraefikMiddleware): void {
  const average = options.get("ratelimit.average");
  // 0 means no limit.
  if (kind !== "ratelimit" || average === undefined || !(Number(average.value) > 0)) return;
  const period = options.get("ratelimit.period")?.value ?? "1s";
  const burst = Number(options.get("ratelimit.burst")?.value ?? 1);
  const perSecond = Number(average.value) / durationSeconds(period);
  if (!(perSecond < enough.perSecond && burst < enough.burst)) return;
  throw new CheckFailure({
    summary: `the rate limit ${name} refuses files of a page to a single browser`,
    code: "low-rate-limit",
    expected: `at least ${enough.perSecond} requests a second, or a burst of ${enough.burst}: a browser asks for several files of a page at once`,
    actual: `an average of ${average.value} in ${period}, and a burst of ${burst}`,
    cause: `the middleware ${name} of the router ${router.name} answers 429 to what comes faster`,
    location: average.location ?? location,
    fix: "raise ratelimit.average and ratelimit.burst (1 by default), or give the page's files a router without the limit",
  });
}

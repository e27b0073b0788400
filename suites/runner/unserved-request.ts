import { CheckFailure, type FailureDetails } from "../../helpers/checks/check-failure.ts";
import { handshakeFailure } from "../../helpers/checks/handshake-failure.ts";
import { type RoutedDeployment, whyNotReached } from "../../helpers/checks/routing-causes.ts";
import { whyUnpublished } from "../../helpers/deployment/compose/unpublished-port.ts";
import { decide, isOpen } from "../../helpers/deployment/policy/access.ts";
import { hostOfUrl } from "../../helpers/deployment/services/origins.ts";
import type { Deployment } from "../../helpers/deployment/types.ts";
import { type Exchange, endedInHandshake, header } from "../../helpers/protocol/exchange.ts";
import { explainEach } from "./failure-cases.ts";

/** What the functions here look at. */
export interface AskedGateway {
  deployment: Pick<Deployment, "policy" | "litellm" | "traefik"> & Partial<RoutedDeployment>;
  /** By Traefik's access log; a gateway that runs elsewhere shows none. */
  routing?(exchange: Exchange): Promise<{ router: string | undefined; status: number }>;
}

/**
 * Checks share the failure of shared work: those after the first have sent nothing that shows why.
 */
const explained = new WeakMap<CheckFailure, CheckFailure>();

/**
 * A failure behind Traefik, where Traefik answered every request of it by itself that the policy lets through to LiteLLM: the
 * failure then says why, and names the line of the router or the service.
 *
 * @param exchanges those of the check
 * @returns the same failure where nothing of the kind was seen
 */
export async function withUnservedRequest(
  failure: CheckFailure,
  exchanges: readonly Exchange[],
  gateway: AskedGateway | undefined,
): Promise<CheckFailure> {
  const known = explained.get(failure);
  if (known !== undefined || gateway === undefined) return known ?? failure;
  const details = await explainEach(failure.details, exchanges, (one, shown) => explain(one, shown, gateway));
  if (details === failure.details) return failure;
  const better = new CheckFailure(details);
  explained.set(failure, better);
  return better;
}

async function explain(
  details: FailureDetails,
  shown: readonly Exchange[],
  gateway: AskedGateway,
): Promise<FailureDetails> {
  const { follows } = details;
  const { traefikModel } = gateway.deployment;
  if (follows !== undefined || traefikModel === undefined) return details;
  const meant = shown.filter((one) => isMeantToArrive(gateway.deployment, one));
  const last = meant.at(-1);
  const refused = last !== undefined && meant.every(isRefusedConnection) && whyRefused(gateway.deployment, last);
  if (refused) return { ...details, ...refused };
  if (last !== undefined && meant.every(endedInHandshake)) {
    const { cause, location, fix, follows: loading } = handshakeFailure({ ...gateway.deployment, traefikModel }, last);
    return {
      ...details,
      ...(cause === undefined ? {} : { cause }),
      ...(location === undefined ? {} : { location }),
      ...(fix === undefined ? {} : { fix }),
      ...(loading === undefined ? {} : { follows: loading }),
    };
  }
  if (last === undefined || !meant.every(isAnsweredByTraefik)) return details;
  const status = last.response?.status ?? 0;
  // Without a log, a 404 of Traefik's own still says that no router took the request.
  const logged = await gateway.routing?.(last).catch(() => undefined);
  const routing = logged ?? (status === 404 ? { router: undefined, status } : undefined);
  if (routing === undefined) return details;
  const { location: _, fix: __, ...rest } = details;
  return { ...rest, ...whyNotReached({ ...gateway.deployment, traefikModel }, last, routing) };
}

/** Why the gateway host refuses a connection: no service publishes the port, or none listens where the port leads to. */
function whyRefused(
  { compose, litellm, traefik, traefikModel }: AskedGateway["deployment"],
  { request }: Exchange,
): Partial<FailureDetails> | undefined {
  const url = URL.parse(request.url);
  if (compose === undefined || url === null) return undefined;
  const { port, protocol } = url;
  return whyUnpublished(
    { compose, litellm, traefik, traefikModel },
    Number(port || (protocol === "https:" ? 443 : 80)),
  );
}

function isRefusedConnection({ response, error = "" }: Exchange): boolean {
  return response === undefined && /\bECONNREFUSED\b/.test(error);
}

/** Whether the policy lets a request through to LiteLLM. */
function isMeantToArrive(deployment: AskedGateway["deployment"], { request }: Exchange): boolean {
  const host = hostOfUrl(deployment, request.url);
  if (host === undefined) return false;
  const { pathname, search } = new URL(request.url);
  const decision = decide(deployment.policy, host, { method: request.method, path: pathname + search });
  if (decision.who === "bearer") return /^Bearer +\S+$/i.test(header(request.headers, "authorization") ?? "");
  return isOpen(decision) || (decision.who === "login" && header(request.headers, "cookie") !== undefined);
}

/** What Traefik writes itself, by status; LiteLLM's own errors are JSON, and a login service's are pages. */
const ownTexts: Readonly<Record<number, RegExp>> = {
  403: /^Forbidden$/,
  404: /^404 page not found$/,
  429: /^Too Many Requests$/,
  502: /^Bad Gateway$/,
  503: /^(?:Service Unavailable|no available server)$/,
  504: /^Gateway Timeout$/,
};

function isAnsweredByTraefik({ response }: Exchange): boolean {
  const own = response === undefined ? undefined : ownTexts[response.status];
  if (response === undefined || own === undefined) return false;
  const body = response.body.trim();
  // An answer that was read as a stream has no body, and neither has one to HEAD.
  return body === "" ? /^text\/plain/.test(header(response.headers, "content-type") ?? "") : own.test(body);
}

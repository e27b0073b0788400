import type { LoginExchange } from "../../../containers/targets/login-clients.ts";

/** The steps of a client's login, in order. A client that is registered beforehand leaves out the registration. */
export const loginSteps = [
  "connection",
  "challenge",
  "resource metadata",
  "server metadata",
  "registration",
  "authorization request",
  "login",
  "token",
  "first message with the token",
  "tools/list",
] as const;

/** One of {@link loginSteps}. */
export type LoginStep = (typeof loginSteps)[number];

/** What a client's machine sent, and what its user did. */
export interface LoginStory {
  exchanges: readonly LoginExchange[];
  /** The address to which the client sent its user. */
  authorization: string | undefined;
  /** Whether the user came back with a code. */
  isBack: boolean;
}

/** The steps that succeeded, by what the gateway and the provider answered. */
export function stepsOf({ exchanges, authorization, isBack }: LoginStory): LoginStep[] {
  const some = (test: (one: LoginExchange) => boolean): boolean => exchanges.some(test);
  const succeeded = ({ status }: LoginExchange): boolean => status >= 200 && status < 300;
  const done: Record<LoginStep, boolean> = {
    connection: exchanges.length > 0,
    challenge: some(isChallenge),
    "resource metadata": some((one) => one.url.includes("/.well-known/oauth-protected-resource") && succeeded(one)),
    "server metadata": some((one) => /\/\.well-known\/(?:oauth-auth|openid-)/.test(one.url) && succeeded(one)),
    registration: some((one) => one.kind === "registration" && succeeded(one)),
    "authorization request": authorization !== undefined,
    login: isBack,
    token: some((one) => one.grant === "authorization_code" && succeeded(one)),
    "first message with the token": some((one) => one.kind === "mcp" && one.bearer && succeeded(one)),
    "tools/list": some((one) => one.rpc === "tools/list" && one.bearer && succeeded(one)),
  };
  return loginSteps.filter((step) => done[step]);
}

/** The last step that succeeded. */
export function lastStep(steps: readonly LoginStep[]): LoginStep | "nothing" {
  return steps.at(-1) ?? "nothing";
}

/** Whether the one client got further than the other. */
export function isFurther(one: LoginStep | "nothing", other: LoginStep | "nothing"): boolean {
  return placeOf(one) > placeOf(other);
}

/** The step after another; undefined after the last. */
export function stepAfter(step: LoginStep | "nothing"): LoginStep | undefined {
  return loginSteps[placeOf(step) + 1];
}

function placeOf(step: LoginStep | "nothing"): number {
  return step === "nothing" ? -1 : loginSteps.indexOf(step);
}

/** The last request that was refused, except for those that every client has refused on its way. */
export function lastRefusal(exchanges: readonly LoginExchange[]): LoginExchange | undefined {
  const refused = exchanges.filter(({ status }) => status >= 400);
  const meant = refused.filter(
    (one) =>
      !isChallenge(one) &&
      !(one.url.includes("/.well-known/") && one.status === 404) &&
      !(one.method === "GET" && (one.status === 405 || one.status === 404)),
  );
  return meant.at(-1);
}

/** Codex asks with GET whether it must log in, the others by their first message. */
function isChallenge({ kind, method, url, bearer, status }: LoginExchange): boolean {
  const isMcp = kind === "mcp" || (method === "GET" && !url.includes("/.well-known/"));
  return isMcp && !bearer && status === 401;
}

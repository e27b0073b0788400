import type { Login } from "../../../containers/targets/login.ts";
import type { LoginClients } from "../../../containers/targets/login-clients.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { noAuthorization } from "../../../helpers/deployment/types.ts";
import { authorize } from "../../../helpers/protocol/oauth/sdk-login.ts";
import { check } from "../../runner/check.ts";
import { causeOfRefused, realLogin } from "../support/login-target.ts";
import { isFurther, lastRefusal, stepAfter } from "./login-steps.ts";
import { attemptLogin, type LoginAttempt, type LoginTask, type OAuthClient } from "./oauth-client.ts";
import { type RegistrationKind, registrations } from "./registrations.ts";

/** What a client did at the gateway, and at the control where it did not complete. */
interface Compared {
  /** The client with its version. */
  name: string;
  registration: RegistrationKind;
  attempt: LoginAttempt;
  control: LoginAttempt | undefined;
}

/**
 * Declares the check of a client at the login.
 *
 * @param slow where the client waits long for an answer
 */
export function checkLogin(client: OAuthClient, { slow }: { slow: boolean }): void {
  check({
    id: `AUTH-04/${client.slug}`,
    requirements: ["AUTH-04"],
    title: `${client.title} gets as far with its login as at a correct gateway`,
    needs: ["login", "loginClients", ...(client.isHeavy ? (["heavy-clients"] as const) : [])],
    slow,
    async run({ login: target, loginClients: { machines }, evidence }) {
      const login = realLogin(target, evidence);
      if (machines === undefined) return evidence.notSupported(noAuthorization);
      const compared = await Promise.all(
        registrations(login).map(async (registration): Promise<Compared> => {
          const machine = machines.machine(client.machine, registration.kind);
          const name = `${client.name} ${machines.version(machine)}`;
          const task = { machine, clientId: registration.clientId, redirect: login.redirect };
          const attempt = await atGateway(login, machines, client, task);
          const control = attempt.reached === "tools/list" ? undefined : await atControl(machines, client, task);
          return { name, registration, attempt, control };
        }),
      );
      await evidence.keep(`${client.slug}.json`, JSON.stringify(compared.map(asJson), null, 2));
      await forEachCase(
        "a client completes its login",
        compared,
        ({ name, registration }) => `${name}, ${registration.title}`,
        async ({ name, registration, attempt, control }) => {
          const choice = control === undefined ? undefined : await choiceOfProvider(login, registration, attempt);
          const holds = control === undefined || choice !== undefined || !isFurther(control.reached, attempt.reached);
          const found = resultOf(attempt);
          const expected = holds ? found : (control?.reached ?? found);
          evidence.compare("logins", { row: name, column: registration.title, expected, found, holds });
          if (!holds && control !== undefined) throw failureOf(login, registration, attempt, control);
          evidence.finding(
            `${name}, ${registration.title}: ${found}, in ${(attempt.took / 1000).toFixed(1)} s${choice === undefined ? "" : `; ${choice}`}.`,
          );
        },
      );
    },
  });
}

async function atGateway(
  login: Login,
  machines: LoginClients,
  client: OAuthClient,
  task: Omit<LoginTask, "url">,
): Promise<LoginAttempt> {
  const { resource, user } = login.authorization;
  return await attemptLogin(machines, client, { ...task, url: resource }, async (url) => {
    const redirect = new URL(url).searchParams.get("redirect_uri") ?? "";
    const back = new URL(redirect);
    back.search = (await authorize(login.browser(), url, { redirect, user: login.person(user) })).toString();
    return back.href;
  });
}

/** The same client at a gateway and a provider that are right: what it does not reach there, it reaches nowhere. */
async function atControl(
  machines: LoginClients,
  client: OAuthClient,
  task: Omit<LoginTask, "url">,
): Promise<LoginAttempt> {
  return await attemptLogin(machines, client, { ...task, url: machines.controlUrl }, async (url) => {
    const back = await machines.logInAtControl(url);
    if (back === "") throw new Error(`the control refuses ${url.replace(/\?.*/, "")}: no PKCE with S256`);
    return back;
  });
}

/** Why the provider may let other clients log in, and not this one; undefined where nothing says so. */
async function choiceOfProvider(
  login: Login,
  { clientId }: RegistrationKind,
  { redirect, exchanges, reached }: LoginAttempt,
): Promise<string | undefined> {
  const { client } = login.authorization;
  if (clientId !== undefined && redirect !== undefined) {
    const [own, registered] = [new URL(redirect), new URL(client.redirect)];
    if (own.hostname !== registered.hostname || own.pathname !== registered.pathname)
      return `it waits for its code at ${redirect}, and ${client.id} is registered with ${client.redirect}`;
  }
  const refused = lastRefusal(exchanges);
  if (reached !== "server metadata" || refused?.kind !== "registration") return undefined;
  const plain = await login.send({
    method: "POST",
    url: refused.url,
    headers: [["Content-Type", "application/json"]],
    body: JSON.stringify({
      client_name: "gateway-conformance",
      redirect_uris: [login.redirect],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    }),
  });
  if (plain.response?.status !== 201) return undefined;
  return "the provider registers a client that says less about itself, e.g. without client_uri, and not this one";
}

function resultOf({ reached, shown }: LoginAttempt): string {
  return shown === undefined ? reached : `${reached}; shows "${shown}"`;
}

function failureOf(
  login: Login,
  registration: RegistrationKind,
  attempt: LoginAttempt,
  control: LoginAttempt,
): CheckFailure {
  const refused = lastRefusal(attempt.exchanges);
  return new CheckFailure({
    summary: `its login ends after '${attempt.reached}'`,
    code: "client-stops",
    expected: `'${control.reached}', which it reaches at a correct gateway`,
    actual: resultOf(attempt),
    evidence: {
      sent: attempt.command,
      received: [`exit code ${attempt.exitCode}`, ...attempt.exchanges.map(lineOf)].join("\n"),
      commands: attempt.commands,
    },
    ...(refused === undefined
      ? { cause: `the step '${stepAfter(attempt.reached)}' does not succeed` }
      : causeOfRefused(login, {
          url: refused.url,
          status: refused.status,
          body: refused.refusal ?? "",
          claims: refused.audience === undefined ? undefined : { iss: refused.issuer, aud: refused.audience },
        })),
    follows: registration.check,
  });
}

function lineOf({ method, url, status, rpc, refusal }: LoginAttempt["exchanges"][number]): string {
  return `${method} ${url}${rpc === undefined ? "" : ` ${rpc}`}: ${status}${refusal === undefined ? "" : ` ${refusal.slice(0, 120)}`}`;
}

/** A login as the evidence keeps it. */
function asJson({ name, registration, attempt, control }: Compared) {
  const { reached, shown, steps, exitCode, took, exchanges } = attempt;
  return {
    client: name,
    registration: registration.title,
    reached,
    shown: shown ?? null,
    steps,
    exitCode,
    seconds: Number((took / 1000).toFixed(1)),
    requests: exchanges.map(({ client: _, ...exchange }) => exchange),
    control: control === undefined ? null : { reached: control.reached, shown: control.shown ?? null },
  };
}

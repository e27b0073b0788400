import { randomUUID } from "node:crypto";
import { type OAuthClientProvider, UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type {
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthTokens,
} from "@modelcontextprotocol/sdk/shared/auth.js";
import type { FetchLike, Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { deadlines } from "../../core/deadlines.ts";
import { renewingSession } from "../mcp-session.ts";
import type { RecordingClient } from "../recording-client.ts";
import { HeadlessBrowser, textOfPage, type Visit } from "./headless-browser.ts";

/** Who logs in, and as which client. */
export interface SdkLoginOptions {
  http: RecordingClient;
  /** MCP's address. */
  url: string;
  /** Undefined: the client registers itself (RFC 7591). */
  clientId: string | undefined;
  /** A redirect URI on the loopback. Nothing listens there: the browser stops before it. */
  redirect: string;
  user: { name: string; password: string };
}

/** A client ended before it had what it wanted. */
export class LoginError extends Error {
  override readonly name = "LoginError";
  /** The step that failed, as a part of a sentence. */
  readonly step: string;

  constructor(step: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.step = step;
  }
}

/**
 * The official TypeScript SDK's OAuth client, with a browser without a screen in place of the user's: discovery, registration,
 * PKCE, token and refresh are the SDK's own.
 */
export class SdkLogin implements OAuthClientProvider {
  readonly browser: HeadlessBrowser;
  /** Steps that succeeded, in order. */
  readonly steps: string[] = [];
  /** The address to which the SDK sent its user. */
  authorization: URL | undefined;
  readonly #options: SdkLoginOptions;
  #client: OAuthClientInformationMixed | undefined;
  #tokens: OAuthTokens | undefined;
  #verifier = "";
  #state = "";
  #code: URLSearchParams | undefined;

  constructor(options: SdkLoginOptions) {
    this.#options = options;
    this.browser = new HeadlessBrowser((request) => options.http.send(request));
    if (options.clientId !== undefined) this.#client = { client_id: options.clientId };
  }

  get redirectUrl(): string {
    return this.#options.redirect;
  }

  get clientMetadata(): OAuthClientMetadata {
    return {
      client_name: "gateway-conformance",
      redirect_uris: [this.redirectUrl],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    };
  }

  state(): string {
    this.#state = randomUUID();
    return this.#state;
  }

  clientInformation(): OAuthClientInformationMixed | undefined {
    return this.#client;
  }

  saveClientInformation(information: OAuthClientInformationMixed): void {
    this.#client = information;
    // The SDK also saves what it was given.
    if (this.#options.clientId === undefined && !this.steps.includes("registered")) this.steps.push("registered");
  }

  tokens(): OAuthTokens | undefined {
    return this.#tokens;
  }

  saveTokens(tokens: OAuthTokens): void {
    this.steps.push(this.#tokens === undefined ? "token" : "refreshed");
    this.#tokens = tokens;
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }

  codeVerifier(): string {
    return this.#verifier;
  }

  /** The SDK's user: logs in, consents, and comes back. */
  async redirectToAuthorization(url: URL): Promise<void> {
    this.authorization = url;
    this.steps.push("authorize");
    this.#code = await authorize(this.browser, url.href, this.#options);
    if (this.#code.get("state") !== this.#state)
      throw new LoginError("the login", "the provider returns another state than it was sent");
    this.steps.push("logged in");
  }

  /**
   * Connects to MCP: with the tokens that it has, or after a login.
   *
   * @throws {LoginError} for the step that failed
   */
  async connect(): Promise<Client> {
    const begun = this.#transport();
    try {
      return await connected(begun);
    } catch (error) {
      if (!(error instanceof UnauthorizedError)) throw asLoginError("discovery", error);
    }
    const code = this.#code?.get("code") ?? undefined;
    if (code === undefined)
      throw new LoginError("the login", this.#code?.get("error_description") ?? this.#code?.get("error") ?? "no code");
    try {
      await begun.finishAuth(code);
    } catch (error) {
      throw asLoginError("the token request", error);
    }
    try {
      const client = await connected(this.#transport());
      this.steps.push("connected");
      return client;
    } catch (error) {
      throw asLoginError("the first request with a token", error);
    }
  }

  #transport(): StreamableHTTPClientTransport {
    return new StreamableHTTPClientTransport(new URL(this.#options.url), {
      authProvider: this,
      // undici's types and the DOM's describe one function.
      fetch: renewingSession(this.#options.http.fetch as FetchLike, () =>
        this.steps.push("a new session, because the one before was not found"),
      ),
    });
  }
}

async function connected(transport: StreamableHTTPClientTransport): Promise<Client> {
  const client = new Client({ name: "gateway-conformance", version: "1.0.0" }, { capabilities: {} });
  // The SDK's own types disagree under exactOptionalPropertyTypes.
  await client.connect(transport as Transport, { timeout: deadlines.mcpRequest });
  return client;
}

function asLoginError(step: string, error: unknown): LoginError {
  if (error instanceof LoginError) return error;
  return new LoginError(step, error instanceof Error ? error.message : String(error), { cause: error });
}

/**
 * Logs a user in at an authorization endpoint: the form, and the page that asks for consent.
 *
 * @returns the parameters with which the provider redirects to the client
 * @throws {LoginError} with what the page says where it does not get there
 */
export async function authorize(
  browser: HeadlessBrowser,
  url: string,
  { redirect, user }: Pick<SdkLoginOptions, "redirect" | "user">,
): Promise<URLSearchParams> {
  const target = new URL(redirect);
  const page = await logIn(browser, await browser.visit({ url }, (at) => isBack(at, target)), user, (at) =>
    isBack(at, target),
  );
  if (page.exchange !== undefined) throw new LoginError("the login", `it ends at ${textOfPage(page)}`);
  return new URL(page.url).searchParams;
}

/**
 * Fills in what the provider asks for: user and password, then consent.
 *
 * @param isBack whether an address is not the provider's any more, and not to be asked
 * @returns where the browser is afterwards
 */
export async function logIn(
  browser: HeadlessBrowser,
  page: Visit,
  user: SdkLoginOptions["user"],
  isBack?: (url: URL) => boolean,
): Promise<Visit> {
  let at = page;
  for (let form = 0; form < 3 && hasForm(at); form++) {
    const isConsent = /name="accept"/.test(at.exchange?.response?.body ?? "");
    // A page with a message is the same form again.
    if (form > 0 && !isConsent) return at;
    at = await browser.submit(
      at,
      isConsent ? { accept: "Yes" } : { username: user.name, password: user.password, credentialId: "" },
      isBack,
    );
  }
  return at;
}

function hasForm({ exchange }: Visit): boolean {
  return exchange?.response?.status === 200 && /id="kc-form-login"|name="accept"/.test(exchange.response.body);
}

function isBack(url: URL, redirect: URL): boolean {
  return url.protocol === redirect.protocol && url.host === redirect.host && url.pathname === redirect.pathname;
}

import { isIP } from "node:net";
import { originOf } from "../../../helpers/deployment/services/origins.ts";
import type { Deployment, PolicyHost } from "../../../helpers/deployment/types.ts";
import { type Exchange, header } from "../../../helpers/protocol/exchange.ts";
import { isMessage } from "../../../helpers/protocol/json-rpc.ts";

/** An address that a browser or a client follows by itself. */
export interface AbsoluteLink {
  /** Where the answer has it, e.g. `the redirect`. */
  where: string;
  /** As it is written. */
  to: string;
}

/** Tags whose address a browser loads, or sends a form to, by itself. */
const followed = /<(form|script|link|base|iframe)\b[^>]*?\s(?:action|src|href)=["']([^"']+)["']/gi;

/**
 * The absolute addresses of an answer that are followed without a person's choice: of its redirect, its challenge, what its
 * page loads or sends its forms to, LiteLLM's base address for its UI, and the servers of its API description.
 */
export function absoluteLinks({ response }: Exchange): AbsoluteLink[] {
  const redirect = header(response?.headers, "location");
  const metadata = /resource_metadata="([^"]+)"/i.exec(header(response?.headers, "www-authenticate") ?? "")?.[1];
  const isJson = /\bjson\b/i.test(header(response?.headers, "content-type") ?? "");
  const body = response?.body ?? "";
  const isAbsolute = ({ to }: AbsoluteLink): boolean => /^https?:\/\//i.test(to);
  return [
    ...(redirect === undefined
      ? []
      : [{ where: "the redirect", to: redirect }, ...callbackOf(redirect)].filter(isAbsolute)),
    ...(metadata === undefined
      ? []
      : [{ where: "the challenge's resource_metadata", to: metadata }].filter(isAbsolute)),
    ...(isJson ? linksOfJson(body) : linksOfPage(body).filter(isAbsolute)),
  ];
}

/** Where an identity provider sends the browser back to. */
function callbackOf(redirect: string): AbsoluteLink[] {
  const to = URL.canParse(redirect) ? new URL(redirect).searchParams.get("redirect_uri") : null;
  return to === null ? [] : [{ where: "redirect_uri of the redirect", to }];
}

function linksOfPage(body: string): AbsoluteLink[] {
  return [...body.matchAll(followed)].map(([, tag = "", to = ""]) => ({
    where: `<${tag.toLowerCase()}> of the page`,
    to,
  }));
}

function linksOfJson(body: string): AbsoluteLink[] {
  const document = parsed(body);
  if (!isMessage(document)) return [];
  // The UI builds the addresses of its calls and of its login from it, so that it must be absolute.
  const base = document.proxy_base_url;
  const servers = Array.isArray(document.servers) ? document.servers : [];
  return [
    ...(typeof base === "string" && base !== ""
      ? [{ where: "proxy_base_url of the UI's configuration", to: base }]
      : []),
    ...servers.flatMap((server: unknown) =>
      isMessage(server) && typeof server.url === "string" && /^https?:\/\//i.test(server.url)
        ? [{ where: "servers of the API description", to: server.url }]
        : [],
    ),
  ];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Whether the clients of a host can follow an address. `another-host`, one of the policy, they can, unless they lose TLS or
 * leave the outside for an internal name; the same is a `PROXY_BASE_URL` with TLS where Traefik is not among the files. An identity provider or a public site is the operator's choice; an address of a container,
 * a name that only containers know, and a `PROXY_BASE_URL` that the policy does not know are not.
 */
export function leadsTo(to: string, host: PolicyHost, deployment: Deployment): "own" | "another-host" | "elsewhere" {
  if (!URL.canParse(to)) return "elsewhere";
  const { origin, hostname } = new URL(to);
  if (origin === originOf(deployment, host)) return "own";
  const other = deployment.policy.hosts.find((one) => originOf(deployment, one) === origin);
  if (other !== undefined) {
    const losesTls = host.scheme === "https" && other.scheme === "http";
    return losesTls || (host.zone === "external" && other.zone === "internal") ? "elsewhere" : "another-host";
  }
  const isNamed = deployment.policy.hosts.some(({ name }) => name === hostname);
  const isBase = originOfText(proxyBaseUrl(deployment)?.value) === origin;
  // LiteLLM itself serves no TLS: without a Traefik, a proxy that is not among the files does.
  if (isBase && isNamed && deployment.traefik === undefined && host.scheme === "http" && to.startsWith("https:"))
    return "another-host";
  const isInside = isIP(hostname.replace(/^\[|\]$/g, "")) !== 0 || !hostname.includes(".");
  return isNamed || isInside || isBase ? "elsewhere" : "own";
}

/** The variable that gives LiteLLM its own address; undefined where it is not set. */
export function proxyBaseUrl({ litellm }: Pick<Deployment, "litellm">) {
  const variable = litellm.environment.get("PROXY_BASE_URL");
  return variable?.value ? variable : undefined;
}

/** The origin of an address; undefined where the text is none. */
export function originOfText(text: string | undefined): string | undefined {
  return text !== undefined && URL.canParse(text) ? new URL(text).origin : undefined;
}

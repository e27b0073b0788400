import { re2 } from "../../traefik/rules/re2.ts";
import {
  type AskEdge,
  type EdgeMiddleware,
  type EdgeRouter,
  type EdgeView,
  optionOf,
  type Probe,
  type ProbeAnswer,
} from "./edge-view.ts";
import { probeCredential, routerFor } from "./match-rule.ts";
import { isEveryone, letsRunIn } from "./run-clients.ts";

/** Answers as Traefik would by its model alone, where no engine may be used. */
export function askModel({ routers }: EdgeView): AskEdge {
  return async (probe) => {
    const router = routerFor(routers, probe);
    if (router === undefined) return { isReached: false, status: 404 };
    let challenge: string | undefined;
    let injected: string | undefined;
    for (const middleware of router.middlewares) {
      const ended = endedBy(middleware, probe);
      if (ended !== undefined) return { challenge, ...ended };
      challenge = optionOf(middleware, "customresponseheaders.www-authenticate") ?? challenge;
      injected = optionOf(middleware, "customrequestheaders.authorization") ?? injected;
    }
    const sent = probe.hasBearer ? probeCredential : undefined;
    return { ...servedBy(router), challenge, injected: injected === sent ? undefined : injected };
  };
}

/** The answer of a middleware that does not pass the request on. */
function endedBy(middleware: EdgeMiddleware, probe: Probe): ProbeAnswer | undefined {
  const refused = (status: number, challenge?: string): ProbeAnswer => ({
    isReached: false,
    status,
    ...(challenge === undefined ? {} : { challenge }),
  });
  switch (middleware.kind) {
    case "ipallowlist":
    case "ipwhitelist": {
      const ranges = (optionOf(middleware, "sourcerange") ?? "").split(",");
      const letsIn = readsForwardedFor(middleware) ? ranges.some(isEveryone) : letsRunIn(ranges);
      return letsIn ? undefined : refused(Number(optionOf(middleware, "rejectstatuscode") ?? 403));
    }
    case "forwardauth":
      return refused(401);
    case "basicauth":
      return refused(401, "Basic");
    case "digestauth":
      return refused(401, "Digest");
    case "redirectscheme":
    case "redirectregex": {
      const asked = `${probe.scheme}://${probe.host}${probe.path}`;
      const location =
        middleware.kind === "redirectregex" ? replacedUrl(middleware, asked) : otherScheme(middleware, probe);
      // Traefik passes on what would lead to itself.
      if (location === undefined || location === asked) return undefined;
      return { ...refused(optionOf(middleware, "permanent") === "true" ? 301 : 302), location };
    }
    default:
      return undefined;
  }
}

/** Whether an allow list judges the address in `X-Forwarded-For`, which a run's clients do not send. */
function readsForwardedFor(middleware: EdgeMiddleware): boolean {
  const depth = Number(optionOf(middleware, "ipstrategy.depth") ?? 0);
  return depth > 0 || (optionOf(middleware, "ipstrategy.excludedips") ?? "") !== "";
}

function otherScheme(middleware: EdgeMiddleware, { host, path }: Probe): string {
  const scheme = optionOf(middleware, "scheme") ?? "";
  const port = optionOf(middleware, "port") ?? "";
  const isUsual = port === "" || (scheme === "https" && port === "443") || (scheme === "http" && port === "80");
  return `${scheme}://${host}${isUsual ? "" : `:${port}`}${path}`;
}

/** The URL after a `redirectRegex`, by Go's rules: `$1` and `${1}` are groups; undefined where the pattern does not match. */
function replacedUrl(middleware: EdgeMiddleware, url: string): string | undefined {
  const replacement = optionOf(middleware, "replacement") ?? "";
  const pattern = re2(optionOf(middleware, "regex") ?? "");
  if (!pattern.matcher(url).find()) return undefined;
  return pattern.matcher(url).replaceAll((...found: unknown[]) => {
    // The groups come between the whole match and its position; named ones are counted, too.
    const groups = found.slice(0, pattern.groupCount() + 1);
    const named = pattern.namedGroups();
    return replacement.replaceAll(/\$(?:\$|\{(\w+)\}|(\w+))/g, (whole, braced?: string, bare?: string) => {
      const name = braced ?? bare;
      if (name === undefined) return whole === "$$" ? "$" : whole;
      const group = groups[/^\d+$/.test(name) ? Number(name) : (named[name] ?? -1)];
      return typeof group === "string" ? group : "";
    });
  });
}

function servedBy({ service, isLiteLLM }: EdgeRouter): Pick<ProbeAnswer, "isReached" | "status"> {
  if (service === "noop@internal") return { isReached: false, status: 418 };
  const isTraefiks = service.endsWith("@internal");
  // A run has no server for another service, so that Traefik answers 502 there.
  return { isReached: isLiteLLM === true, status: isLiteLLM === true || isTraefiks ? 200 : 502 };
}

import {
  type AskEdge,
  type EdgeMiddleware,
  type EdgeRouter,
  type EdgeView,
  optionOf,
  type ProbeAnswer,
} from "./edge-view.ts";
import { isEveryone, probeCredential, routerFor } from "./match-rule.ts";

/** Answers as Traefik would by its model alone, where no engine may be used. */
export function askModel({ routers }: EdgeView): AskEdge {
  return async (probe) => {
    const router = routerFor(routers, probe);
    if (router === undefined) return { isReached: false, status: 404 };
    let challenge: string | undefined;
    let injected: string | undefined;
    for (const middleware of router.middlewares) {
      const ended = endedBy(middleware, `https://${probe.host}${probe.path}`);
      if (ended !== undefined) return { challenge, ...ended };
      challenge = optionOf(middleware, "customresponseheaders.www-authenticate") ?? challenge;
      injected = optionOf(middleware, "customrequestheaders.authorization") ?? injected;
    }
    const sent = probe.hasBearer ? probeCredential : undefined;
    return { ...servedBy(router), challenge, injected: injected === sent ? undefined : injected };
  };
}

/** The answer of a middleware that does not pass the request on. */
function endedBy(middleware: EdgeMiddleware, secureUrl: string): ProbeAnswer | undefined {
  const refused = (status: number, challenge?: string): ProbeAnswer => ({
    isReached: false,
    status,
    ...(challenge === undefined ? {} : { challenge }),
  });
  switch (middleware.kind) {
    case "ipallowlist":
    case "ipwhitelist": {
      const ranges = (optionOf(middleware, "sourcerange") ?? "").split(",");
      return ranges.some(isEveryone) ? undefined : refused(Number(optionOf(middleware, "rejectstatuscode") ?? 403));
    }
    case "forwardauth":
      return refused(401);
    case "basicauth":
      return refused(401, "Basic");
    case "digestauth":
      return refused(401, "Digest");
    case "redirectscheme":
      return optionOf(middleware, "scheme") === "https"
        ? { ...refused(optionOf(middleware, "permanent") === "true" ? 301 : 302), location: secureUrl }
        : undefined;
    default:
      return undefined;
  }
}

function servedBy({ service, isLiteLLM }: EdgeRouter): Pick<ProbeAnswer, "isReached" | "status"> {
  if (service === "noop@internal") return { isReached: false, status: 418 };
  return { isReached: isLiteLLM === true, status: 200 };
}

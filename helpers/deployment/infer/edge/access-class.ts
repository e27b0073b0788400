import { type EdgeRouter, optionOf, type Probe, type ProbeAnswer } from "./edge-view.ts";

/** Who reaches LiteLLM by one path and method of a host. */
export type AccessClass =
  /** Everyone, at the edge: LiteLLM decides. */
  | { who: "open" }
  /** Everyone, and LiteLLM guards nothing there. `statuses` are its answers to a GET. */
  | { who: "anyone"; statuses: readonly number[]; why: string }
  /** Who sends a Bearer credential. `status` and `challenge` are the answer to everyone else. */
  | { who: "bearer"; status: number; challenge: string | undefined }
  | { who: "nobody"; status: number; challenge: string | undefined }
  /** Who a forward-auth service lets through. */
  | { who: "login"; service: string; headers: readonly string[] }
  /** Nobody: everyone is sent elsewhere. */
  | { who: "redirect"; to: string; status: number }
  /** Another service than LiteLLM answers. */
  | { who: "other-service"; service: string; status: number };

/** What two requests show that differ in the credential only. */
export interface AnswerPair {
  asked: Pick<Probe, "host" | "path">;
  /** The router that takes the one without a credential. */
  router: EdgeRouter | undefined;
  anonymous: ProbeAnswer;
  withBearer: ProbeAnswer;
}

/** The class that a pair of answers shows. */
export function accessClass({ asked, router, anonymous, withBearer }: AnswerPair): AccessClass {
  if (anonymous.isReached) return { who: "open" };
  const { status, challenge, location } = anonymous;
  if (withBearer.isReached) return { who: "bearer", status, challenge };
  const login = router?.middlewares.find(({ kind }) => kind === "forwardauth");
  if (login !== undefined && router?.isLiteLLM === false)
    return { who: "other-service", service: router.service, status };
  if (login !== undefined) {
    const headers = optionOf(login, "authresponseheaders") ?? "";
    return {
      who: "login",
      service: serviceOfAddress(optionOf(login, "address") ?? ""),
      headers: headers.split(",").flatMap((header) => header.trim() || []),
    };
  }
  // The rule lets everyone through. The run finds out why nothing answers there, e.g. a wrong port in the label.
  if (router?.isLiteLLM === true && status >= 502 && status <= 504) return { who: "open" };
  if (location !== undefined && status >= 300 && status < 400)
    return { who: "redirect", to: redirectTarget(location, asked), status };
  if (router !== undefined && !router.service.endsWith("@internal") && router.isLiteLLM === false && status !== 403)
    return { who: "other-service", service: router.service, status };
  return { who: "nobody", status, challenge };
}

/** As `to` of a policy: `https` for the same host and path, the beginning of another host's address, else the address. */
function redirectTarget(location: string, { host, path }: AnswerPair["asked"]): string {
  if (!URL.canParse(location)) return location;
  const { hostname, protocol, origin } = new URL(location);
  if (hostname !== host) return `${origin}/`;
  return protocol === "https:" && location.endsWith(path) ? "https" : location;
}

/** The host that the address of a forward-auth service names. */
function serviceOfAddress(address: string): string {
  return URL.canParse(address) ? new URL(address).hostname : address;
}

/** Equal for equal classes. */
export function classKey(access: AccessClass): string {
  return JSON.stringify(access, Object.keys(access).toSorted());
}

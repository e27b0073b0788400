/** What the stand-in is configured with, as JSON in `FORWARD_AUTH`. */
export interface ForwardAuthConfig {
  /** Where Traefik's middlewares ask: a path of its own for each port. */
  endpoints: readonly { port: number; path: string }[];
  /** The cookie of a session, and the value that is approved. */
  session: { cookie: string; value: string };
  /** Headers by which an approval says who the caller is. */
  identity: Readonly<Record<string, string>>;
  /** The answer to a caller without a session. */
  refusal: { status: number; location?: string };
}

/** Header in a refusal that proves who gave it. */
export const refusalHeader = "X-Forward-Auth-Refusal";

/** A request as the stand-in was asked about it; one line of its log. */
export interface Judgement {
  /** `User-Agent` of the caller, which carries the request's id; empty where Traefik does not pass it on. */
  agent: string;
  /** What Traefik says about the request: `X-Forwarded-Method`, `-Uri`, `-Host` and `-Proto`. */
  method: string;
  uri: string;
  host: string;
  proto: string;
  approved: boolean;
}

/** Headers of a request, names in lower case. */
export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Judges a request: by its session alone, whatever it asks for. */
export function judge({ session }: ForwardAuthConfig, headers: RequestHeaders): Judgement {
  const text = (name: string): string => [headers[name] ?? ""].flat().join(", ");
  const cookies = text("cookie").split(/; */);
  return {
    agent: text("user-agent"),
    method: text("x-forwarded-method"),
    uri: text("x-forwarded-uri"),
    host: text("x-forwarded-host"),
    proto: text("x-forwarded-proto"),
    approved: cookies.includes(`${session.cookie}=${session.value}`),
  };
}

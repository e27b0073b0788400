/** Header lines as they were sent: repeated names stay repeated, in order. */
export type HeaderLines = readonly (readonly [name: string, value: string])[];

/** One request and its response, as evidence. */
export interface Exchange {
  /** Unique; sent in `User-Agent`, so that log lines of the parts can be matched to the request. */
  id: string;
  /** ISO 8601. */
  at: string;
  request: {
    method: string;
    url: string;
    headers: HeaderLines;
    body: string | undefined;
    /** Undefined for HTTP/1.1. */
    protocol?: "HTTP/2";
    /** The bytes as they were sent (Latin-1), for a request that no client library wrote. */
    raw?: string;
  };
  /** Undefined when there was no response. */
  response:
    | {
        status: number;
        headers: HeaderLines;
        body: string;
        /** Milliseconds from sending to the head of the response. */
        headAfter: number;
        /** Milliseconds from sending to the last byte. */
        endAfter: number;
        /** Why this is not one complete, well-formed HTTP/1.1 response; only for requests that were sent as bytes. */
        defect?: string;
      }
    | undefined;
  /** Why there was no response. */
  error: string | undefined;
  /** Milliseconds from sending to that. */
  failedAfter?: number;
  /** What the check expected of the answer, and found; undefined where it judged it together with others. */
  judgement?: Judgement;
  /** The check sent an invalid request on purpose: the request is not validated against MCP's schema. */
  invalidOnPurpose?: boolean;
}

/** What a check expected of an answer, and what it found, each in a few words. */
export interface Judgement {
  /** E.g. `refused`. */
  expected: string;
  /** E.g. `200 from LiteLLM`. */
  found: string;
  holds: boolean;
}

/** Whether the server ended the connection in the TLS handshake: it has seen no request then, and logs none. */
export function endedInHandshake({ request, response, error = "" }: Exchange): boolean {
  const isRefused =
    /before (?:secure|the) TLS connection was established|SSL routines|SSL alert|tlsv1 alert|EPROTO/i.test(error);
  return response === undefined && isRefused && /^https:/i.test(request.url);
}

/** The value of a header, or undefined. Repeated lines are joined with commas (RFC 9110 §5.3). */
export function header(lines: HeaderLines | undefined, name: string): string | undefined {
  const values = (lines ?? []).filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
  return values.length > 0 ? values.join(", ") : undefined;
}

/** How much of a body a failure shows, in characters. */
const shownBody = 600;

/** The request as failures show it: `GET http://host/path`, the headers that matter, and the beginning of the body. */
export function sentText({ request }: Exchange): string {
  const headers = request.headers
    .filter((line) => !isUsual(line, request.url))
    .map(([name, value]) => `${name}: ${value}`);
  return [`${request.method} ${request.url}`, ...headers, ...(request.body ? [clip(request.body)] : [])].join("\n");
}

/** Whether a header of a request says nothing that its URL or any client does not say. */
function isUsual([name, value]: HeaderLines[number], url: string): boolean {
  switch (name.toLowerCase()) {
    case "user-agent":
    case "accept-encoding":
      return true;
    case "host":
      return /^[a-z]+:\/\/([^/?# ]+)(?:[/?#]|$)/i.exec(url)?.[1] === value.trim();
    case "connection":
      return /^\s*(?:close|keep-alive)\s*$/i.test(value);
    default:
      return false;
  }
}

/** The response as failures show it: status, the headers that matter, and the beginning of the body. */
export function receivedText({ response, error }: Exchange): string {
  if (response === undefined) return `no response: ${error ?? "unknown reason"}`;
  const headers = response.headers
    .filter(([name]) => /^(content-type|location|www-authenticate|server|mcp-session-id)$/i.test(name))
    .map(([name, value]) => `${name}: ${value}`);
  const body = response.body.trim();
  return [
    String(response.status),
    ...headers,
    ...(response.defect === undefined ? [] : [`(${response.defect})`]),
    ...(body ? [clip(body)] : ["(empty body)"]),
  ].join("\n");
}

function clip(text: string): string {
  return text.length <= shownBody ? text : `${text.slice(0, shownBody)}… (${text.length} characters)`;
}

/** How many characters of a text the evidence keeps: with more, a report gets too large to open. */
const keptText = 20_000;

/** The exchange as the evidence keeps it: long bodies and header values are cut and marked as cut. */
export function abridged(exchange: Exchange): Exchange {
  const cut = (text: string): string =>
    text.length <= keptText ? text : `${text.slice(0, keptText)}… (cut: ${text.length} characters)`;
  const lines = (headers: HeaderLines): HeaderLines => headers.map(([name, value]) => [name, cut(value)]);
  const { request, response } = exchange;
  return {
    ...exchange,
    request: {
      ...request,
      headers: lines(request.headers),
      body: request.body === undefined ? undefined : cut(request.body),
      ...(request.raw === undefined ? {} : { raw: cut(request.raw) }),
    },
    response: response && { ...response, headers: lines(response.headers), body: cut(response.body) },
  };
}

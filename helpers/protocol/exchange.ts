/** Header lines as they stood on the wire: repeated names stay repeated. */
export type HeaderLines = readonly (readonly [name: string, value: string])[];

/** One request and what came back, as evidence. */
export interface Exchange {
  /** Unique; travels in `User-Agent`, so that every log line on the way can be matched to its request. */
  id: string;
  /** ISO 8601. */
  at: string;
  request: {
    method: string;
    url: string;
    headers: HeaderLines;
    body: string | undefined;
    /** `HTTP/1.1` where none is named. */
    protocol?: "HTTP/2";
    /** The bytes as they were sent (Latin-1), where no client library made them. */
    raw?: string;
  };
  /** Undefined when no response came. */
  response:
    | {
        status: number;
        headers: HeaderLines;
        body: string;
        /** Milliseconds from sending to the response's head. */
        headAfter: number;
        /** Milliseconds from sending to the last byte. */
        endAfter: number;
      }
    | undefined;
  /** Why no response came. */
  error: string | undefined;
  /** A check sent what no client should: its request is held against no schema. */
  invalidOnPurpose?: boolean;
}

/** The value of a response header, or undefined; repeated ones are joined as RFC 9110 §5.3 does. */
export function header(lines: HeaderLines | undefined, name: string): string | undefined {
  const values = (lines ?? []).filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
  return values.length > 0 ? values.join(", ") : undefined;
}

/** How much of a body a failure shows, in characters. */
const shownBody = 600;

/** `GET http://host/path` with the headers that matter. */
export function sentText({ request }: Exchange): string {
  const headers = request.headers
    .filter(([name]) => !/^(user-agent|host|connection|accept-encoding)$/i.test(name))
    .map(([name, value]) => `${name}: ${value}`);
  return [`${request.method} ${request.url}`, ...headers, ...(request.body ? [clip(request.body)] : [])].join("\n");
}

/** Status, the headers that matter, and the beginning of the body. */
export function receivedText({ response, error }: Exchange): string {
  if (response === undefined) return `no response: ${error ?? "unknown reason"}`;
  const headers = response.headers
    .filter(([name]) => /^(content-type|location|www-authenticate|server|mcp-session-id)$/i.test(name))
    .map(([name, value]) => `${name}: ${value}`);
  const body = response.body.trim();
  return [String(response.status), ...headers, ...(body ? [clip(body)] : ["(empty body)"])].join("\n");
}

function clip(text: string): string {
  return text.length <= shownBody ? text : `${text.slice(0, shownBody)}… (${text.length} characters)`;
}

/** How much of a text the evidence keeps, in characters: beyond that a report gets too large to open. */
const keptText = 20_000;

/** The exchange as it is kept: long bodies and header values are cut, and say so. */
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

/** How Go's net/http reads and prints a request: whoami is a Go program. */

/** A request as received. */
export interface Received {
  method: string;
  /** The request target as sent. */
  target: string;
  /** E.g. `1.1`. */
  version: string;
  /** Names and values alternately, as sent. */
  rawHeaders: readonly string[];
  body: Buffer;
}

/** Headers that Go does not keep in its map, or prints in a fixed position. */
const printedSeparately = new Set(["Host", "User-Agent", "Content-Length", "Transfer-Encoding", "Trailer"]);

/** `accept-encoding` to `Accept-Encoding`; a name that is not a token is unchanged. */
export function canonicalName(name: string): string {
  if (!/^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/.test(name)) return name;
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (match) => match.toUpperCase());
}

/** Go's `Request.Header` and `Request.Host`: one entry per repeated value, names sorted. */
function headerMap({ rawHeaders }: Received): { headers: Record<string, string[]>; host: string } {
  const found = new Map<string, string[]>();
  let host: string | undefined;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = canonicalName(rawHeaders[index] ?? "");
    const value = (rawHeaders[index + 1] ?? "").trim();
    if (name === "Host") host ??= value;
    else if (name !== "Transfer-Encoding") found.set(name, [...(found.get(name) ?? []), value]);
  }
  return { headers: Object.fromEntries([...found].sort(byName)), host: host ?? "" };
}

/** The request as Go's `Request.Write` prints it. */
export function requestText(received: Received): Buffer {
  const { headers, host } = headerMap(received);
  const agent = headers["User-Agent"] === undefined ? "Go-http-client/1.1" : headers["User-Agent"][0];
  const chunked = isChunked(received);
  const lines = [
    // Go prints HTTP/1.1 whatever the request's version was.
    `${received.method} ${received.target} HTTP/1.1`,
    `Host: ${host}`,
    ...(agent ? [`User-Agent: ${agent}`] : []),
    ...lengthLines(received, headers, chunked),
    ...Object.entries(headers)
      .filter(([name]) => !printedSeparately.has(name))
      .flatMap(([name, values]) => values.map((value) => `${name}: ${value}`)),
  ];
  const body = chunked ? inChunks(received.body) : received.body;
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), body]);
}

function lengthLines(received: Received, headers: Record<string, string[]>, chunked: boolean): string[] {
  if (chunked) return ["Transfer-Encoding: chunked"];
  if (received.body.length > 0) return [`Content-Length: ${received.body.length}`];
  const expectsBody = ["POST", "PUT", "PATCH"].includes(received.method);
  return expectsBody || headers["Content-Length"]?.[0] === "0" ? ["Content-Length: 0"] : [];
}

function isChunked({ rawHeaders }: Received): boolean {
  return rawHeaders.some(
    (name, index) =>
      index % 2 === 0 && /^transfer-encoding$/i.test(name) && /\bchunked$/i.test(rawHeaders[index + 1]?.trim() ?? ""),
  );
}

/** Go copies 32 KiB at a time. */
const chunkSize = 32 * 1024;

function inChunks(body: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length; at += chunkSize) {
    const piece = body.subarray(at, at + chunkSize);
    pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n"));
  }
  return Buffer.concat([...pieces, Buffer.from("0\r\n\r\n")]);
}

/** A request target, split like Go's `url.ParseRequestURI`. */
export interface Target {
  /** `URL.RequestURI()`: the target without scheme and host. */
  uri: string;
  /** Percent-decoded. */
  path: string;
}

/** Undefined for invalid percent-encoding, to which Go answers 400. */
export function parseTarget(sent: string): Target | undefined {
  const uri = sent.replace(/^https?:\/\/[^/?#]*/i, "") || "/";
  const [rawPath = ""] = uri.split("?");
  try {
    return { uri, path: decodeURIComponent(rawPath) };
  } catch {
    return undefined;
  }
}

/** The path as Go's ServeMux cleans it; it redirects when the cleaned path differs. */
export function cleanPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment === "..") segments.pop();
    else segments.push(segment);
  }
  const clean = `/${segments.join("/")}`;
  return path.endsWith("/") && clean !== "/" ? `${clean}/` : clean;
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `02/Jan/2006:15:04:05 -0700`, in UTC like the clock of a container. */
export function accessLogTime(time: Date): string {
  const [day, clock] = stamp(time);
  const [year, , date] = day.split("-");
  return `${date}/${months[time.getUTCMonth()]}/${year}:${clock} +0000`;
}

/** `2006/01/02 15:04:05`, the prefix of each line of Go's `log`. */
export function logPrefix(time: Date): string {
  const [day, clock] = stamp(time);
  return `${day.replaceAll("-", "/")} ${clock}`;
}

function stamp(time: Date): [string, string] {
  const [day = "", clock = ""] = time.toISOString().slice(0, 19).split("T");
  return [day, clock];
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

import { deadlines } from "../../core/deadlines.ts";
import type { Exchange, HeaderLines } from "../exchange.ts";
import type { HttpRequest } from "../recording-client.ts";

/** More redirects and forms than any login has. */
const maxSteps = 15;

/** Where a visit ended. */
export interface Visit {
  /** The last answer; undefined where a redirect led to an address that is not to be asked. */
  exchange: Exchange | undefined;
  /** The address of the last answer, or the one that is not to be asked. */
  url: string;
  /** Each address that a redirect led to, in order. */
  redirects: readonly string[];
}

/** A cookie as its `Set-Cookie` says. */
export interface SetCookie {
  name: string;
  value: string;
  /** Names in lower case; a flag has an empty value. */
  attributes: ReadonlyMap<string, string>;
  /** Host that set it. */
  host: string;
}

/**
 * A browser without a screen: it keeps cookies by host, follows redirects, and fills in forms. Every request goes through `send`,
 * and is so recorded.
 */
export class HeadlessBrowser {
  /** Every cookie that was set, in order. */
  readonly cookies: SetCookie[] = [];
  readonly #jar = new Map<string, Map<string, string>>();
  readonly #send: (request: HttpRequest) => Promise<Exchange>;

  constructor(send: (request: HttpRequest) => Promise<Exchange>) {
    this.#send = send;
  }

  /** One request with the host's cookies; redirects are not followed. */
  async request(request: HttpRequest): Promise<Exchange> {
    const { hostname } = new URL(request.url);
    const jar = this.#jar.get(hostname) ?? new Map<string, string>();
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers: HeaderLines = [
      ["Accept", "text/html,application/xhtml+xml"],
      ...(request.headers ?? []),
      ...(cookie === "" ? [] : [["Cookie", cookie] as const]),
    ];
    const exchange = await this.#send({ ...request, headers });
    for (const [name, line] of exchange.response?.headers ?? []) {
      if (name.toLowerCase() !== "set-cookie") continue;
      const set = readSetCookie(line, hostname);
      this.cookies.push(set);
      const isOver = set.value === "" || set.attributes.get("max-age") === "0" || isPast(set.attributes.get("expires"));
      if (isOver) jar.delete(set.name);
      else jar.set(set.name, set.value);
    }
    this.#jar.set(hostname, jar);
    return exchange;
  }

  /**
   * Opens an address and follows redirects.
   *
   * @param stopAt an address that is not to be asked: a redirect to it ends the visit
   */
  async visit(request: HttpRequest, stopAt: (url: URL) => boolean = () => false): Promise<Visit> {
    const redirects: string[] = [];
    let next = request;
    for (let step = 0; step < maxSteps; step++) {
      const exchange = await this.request(next);
      const location = exchange.response?.headers.find(([name]) => name.toLowerCase() === "location")?.[1];
      const status = exchange.response?.status ?? 0;
      if (location === undefined || status < 300 || status >= 400) return { exchange, url: next.url, redirects };
      const url = new URL(location, next.url).href;
      redirects.push(url);
      if (stopAt(new URL(url))) return { exchange: undefined, url, redirects };
      next = { url };
    }
    throw new Error(`${request.url} redirects without an end: ${redirects.slice(-3).join(", ")}`);
  }

  /** Sends a page's form, with its hidden fields and these values, and follows redirects. */
  async submit(page: Visit, values: Readonly<Record<string, string>>, stopAt?: (url: URL) => boolean): Promise<Visit> {
    const body = page.exchange?.response?.body ?? "";
    const form = /<form\b[^>]*>/i.exec(body)?.[0];
    const action = /\baction="([^"]*)"/i.exec(form ?? "")?.[1];
    if (action === undefined) throw new Error(`${page.url} has no form: ${textOfPage(page)}`);
    const hidden = [...body.matchAll(/<input\b[^>]*type="hidden"[^>]*>/gi)].flatMap(([input]): [string, string][] => {
      const name = /\bname="([^"]*)"/i.exec(input)?.[1];
      return name === undefined ? [] : [[name, unescaped(/\bvalue="([^"]*)"/i.exec(input)?.[1] ?? "")]];
    });
    return await this.visit(
      {
        method: "POST",
        url: new URL(unescaped(action), page.url).href,
        headers: [["Content-Type", "application/x-www-form-urlencoded"]],
        body: new URLSearchParams({ ...Object.fromEntries(hidden), ...values }).toString(),
        deadline: deadlines.login,
      },
      stopAt,
    );
  }
}

/** What a person reads on a page: its title and its message of error, on one line. */
export function textOfPage({ exchange, url }: Visit): string {
  const body = exchange?.response?.body ?? "";
  const title = /<title>\s*([^<]*)/i.exec(body)?.[1]?.trim() ?? "";
  const message =
    /(?:kc-feedback-text|input-error[^>]*|instruction|kc-error-message[^>]*>\s*<p[^>]*)[^>]*>\s*([^<]+)/.exec(
      body,
    )?.[1];
  const status = exchange?.response?.status ?? exchange?.error ?? "";
  return [`${status} ${new URL(url).host}`, title, message?.trim() ?? ""].filter((text) => text !== "").join(", ");
}

function readSetCookie(line: string, host: string): SetCookie {
  const [pair = "", ...rest] = line.split(/;\s*/);
  const [name = "", ...value] = pair.split("=");
  const attributes = rest.map((one): [string, string] => {
    const [key = "", ...text] = one.split("=");
    return [key.toLowerCase(), text.join("=")];
  });
  return { name, value: value.join("="), attributes: new Map(attributes), host };
}

function isPast(expires: string | undefined): boolean {
  return expires !== undefined && Date.parse(expires) < Date.now();
}

function unescaped(html: string): string {
  return html
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}

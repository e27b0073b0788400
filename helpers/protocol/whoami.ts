import type { Exchange, HeaderLines } from "./exchange.ts";

/** A request as whoami received it, read from the text of its response (traefik/whoami, `whoamiHandler`). */
export interface Received {
  /** `WHOAMI_NAME`: a canary of the run, which proves that the response came from the target. */
  name: string;
  method: string;
  /** Request target: path and query as received. */
  target: string;
  headers: HeaderLines;
}

/** What the target named `name` received, or undefined when the response did not come from it. */
export function receivedBy(name: string, exchange: Exchange): Received | undefined {
  const lines = (exchange.response?.body ?? "").split(/\r?\n/);
  if (lines[0] !== `Name: ${name}`) return undefined;
  const start = lines.findIndex((line) => / HTTP\/\d\.\d$/.test(line));
  const [method = "", target = ""] = (lines[start] ?? "").split(" ");
  if (start < 0) return undefined;
  const headers: [string, string][] = [];
  for (const line of lines.slice(start + 1)) {
    const colon = line.indexOf(": ");
    if (line === "" || colon < 0) break;
    headers.push([line.slice(0, colon), line.slice(colon + 2)]);
  }
  return { name, method, target, headers };
}

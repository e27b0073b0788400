import type { StaticConfiguration } from "../../../../helpers/deployment/traefik/static/static.ts";
import type { StaticChange } from "./static-change.ts";

/** What the suite reads from a line of the access log. */
const readFields = ["RouterName", "ServiceAddr", "DownstreamStatus"];

const why = {
  off: "the suite reads the router and the service of a request from the access log; nothing else is logged, because the operator logs nothing",
  format: "a program reads the access log; it has the fields that the operator's format prints",
  output: "the access log is read from the container's output",
  field: "the suite reads which router and service took a request",
  agent: "each request of the suite has its id there, which identifies its log line",
  internals: "without it Traefik does not log requests that an internal service answers (noop)",
  lines: "the suite looks up every request",
};

/**
 * Changes of the access log: every request is logged as JSON with its router, its server, its status and its User-Agent.
 * Which other fields and headers it has stays the operator's decision, so that a leak into it still shows.
 */
export function accessLogChanges(configuration: StaticConfiguration): StaticChange[] {
  const set = (option: string, value: string, reason: string): StaticChange => ({
    option: `accessLog.${option}`,
    value,
    why: reason,
  });
  const drop = (option: string, reason: string): StaticChange[] =>
    configuration.has(`accessLog.${option}`) ? [{ option: `accessLog.${option}`, value: undefined, why: reason }] : [];
  const get = (option: string): string | undefined => configuration.get(`accessLog.${option}`)?.value.toLowerCase();
  const always = [
    set("fields.headers.names.User-Agent", "keep", why.agent),
    ...(get("addInternals") === "true" ? [] : [set("addInternals", "true", why.internals)]),
  ];
  if (!configuration.has("accessLog")) {
    return [
      set("format", "json", why.format),
      set("fields.defaultMode", "drop", why.off),
      ...readFields.map((name) => set(`fields.names.${name}`, "keep", why.field)),
      ...always,
    ];
  }
  const isKept = (name: string): boolean =>
    (get(`fields.names.${name}`) ?? get("fields.defaultMode") ?? "keep") === "keep";
  return [
    ...drop("filePath", why.output),
    ...drop("otlp", why.output),
    ...drop("dualOutput", why.output),
    ...drop("filters", why.lines),
    ...drop("bufferingSize", "a line is read as soon as the request is answered"),
    ...(get("format") === "json" ? [] : asJson(configuration, set, drop)),
    ...readFields.filter((name) => !isKept(name)).map((name) => set(`fields.names.${name}`, "keep", why.field)),
    ...always,
  ];
}

/** The common log format prints no header but these two, whatever else the operator keeps. */
function asJson(
  configuration: StaticConfiguration,
  set: (option: string, value: string, reason: string) => StaticChange,
  drop: (option: string, reason: string) => StaticChange[],
): StaticChange[] {
  const get = (option: string): string | undefined => configuration.get(`accessLog.fields.headers.${option}`)?.value;
  const referer = get("names.Referer") ?? get("defaultMode") ?? "drop";
  return [
    set("format", "json", why.format),
    ...drop("fields.headers", why.format),
    ...(referer.toLowerCase() === "drop" ? [] : [set("fields.headers.names.Referer", referer, why.format)]),
  ];
}

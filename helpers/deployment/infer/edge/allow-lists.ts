import { BlockList, isIP } from "node:net";
import type { SourceLocation } from "../../source/location.ts";
import type { TraefikModel } from "../../traefik/model.ts";
import { positiveMatchers } from "../../traefik/rules/matchers.ts";
import { RenderedFile } from "../../traefik/template/render-template.ts";
import { type EdgeRouter, optionOf } from "./edge-view.ts";
import { isEveryone } from "./run-clients.ts";

/** A middleware, or the rule of a router, that lets in clients by their addresses. */
export interface AllowList {
  kind: "middleware" | "rule";
  /** Of the middleware or the router, with its provider. */
  name: string;
  /** Addresses and networks. */
  ranges: readonly string[];
}

/** Where the ranges of an allow list are. */
export interface WrittenAllowList {
  location: SourceLocation;
  /** The ranges before interpolation, where a variable is in them; `{{ … }}` where a template makes them. */
  byVariable: string | undefined;
}

/** The allow lists in front of LiteLLM, without those that let in everyone. */
export function allowListsOf(routers: readonly EdgeRouter[]): AllowList[] {
  const own = routers.filter(({ isLiteLLM }) => isLiteLLM === true);
  const middlewares = own
    .flatMap((router) => router.middlewares)
    .filter(({ kind }) => kind === "ipallowlist" || kind === "ipwhitelist")
    .map((middleware): AllowList => {
      const ranges = (optionOf(middleware, "sourcerange") ?? "").split(",").flatMap((range) => range.trim() || []);
      return { kind: "middleware", name: middleware.name, ranges };
    });
  const rules = own.map(({ name, rule }): AllowList => {
    const clients = positiveMatchers(rule).filter((matcher) => matcher.name === "ClientIP");
    return { kind: "rule", name, ranges: [...new Set(clients.flatMap(({ args }) => args))] };
  });
  const all = [...middlewares, ...rules].filter(({ ranges }) => ranges.length > 0 && !ranges.some(isEveryone));
  return [...new Map(all.map((list) => [`${list.kind} ${list.name}`, list])).values()];
}

/** The ranges of an allow list of Traefik's API or model as the files have them; undefined where none of them does. */
export function writtenAllowList(
  model: TraefikModel | undefined,
  { kind, name: liveName }: Pick<AllowList, "kind" | "name">,
): WrittenAllowList | undefined {
  if (kind === "rule") {
    const router = model?.routerOf(liveName);
    return router && { location: router.location, byVariable: undefined };
  }
  const options = [...(model?.middlewareOf(liveName)?.options ?? [])].flatMap(([name, option]) =>
    /\.sourcerange(?:\[|$)/i.test(name) ? option : [],
  );
  const [first] = options;
  if (first === undefined) return undefined;
  const texts = options.flatMap(({ text }) => text?.value.text ?? []);
  const isByTemplate = options.some(({ value, location: { file, line } }) =>
    model?.files?.files.some(
      ({ rendered }) =>
        rendered instanceof RenderedFile && rendered.file === file && rendered.isByTemplate(value.split(","), line),
    ),
  );
  const byVariable = texts.some((text) => text.includes("$")) ? texts.join(",") : undefined;
  return { location: first.location, byVariable: isByTemplate ? "{{ … }}" : byVariable };
}

/**
 * Whom an allow list is meant for: a run's clients have addresses of their own, so their answers do not show it. A list of
 * addresses that no client has is meant for nobody, unless a variable may set another one.
 *
 * @param placeOf a line as a comment of the policy names it
 */
export function allowListQuestions(
  lists: readonly AllowList[],
  writtenOf: (list: AllowList) => WrittenAllowList | undefined,
  placeOf: (location: SourceLocation) => string,
): string[] {
  return lists.flatMap((list) => {
    const { kind, name, ranges } = list;
    const written = writtenOf(list);
    if (ranges.every(isNobody) && written?.byVariable === undefined) return [];
    const place = written === undefined ? "" : ` (${placeOf(written.location)})`;
    const source = written?.byVariable === undefined ? "" : `, which is \`${written.byVariable}\` in the file`;
    return [
      `which clients is ${kind === "rule" ? `the rule of ${name}` : name}${place} meant to let in? It lets in ${ranges.join(", ")}${source}. The run's clients have ` +
        "addresses of docker's networks, so `access` may not be what yours get",
    ];
  });
}

/** Loopback, the unspecified address, and the networks of documentation (RFC 5737, RFC 3849). */
const nobody = new BlockList();
nobody.addSubnet("127.0.0.0", 8);
nobody.addAddress("0.0.0.0");
nobody.addAddress("255.255.255.255");
for (const network of ["192.0.2.0", "198.51.100.0", "203.0.113.0"]) nobody.addSubnet(network, 24);
nobody.addAddress("::1", "ipv6");
nobody.addSubnet("2001:db8::", 32, "ipv6");

function isNobody(range: string): boolean {
  const [address = ""] = range.split("/");
  const family = isIP(address);
  return family !== 0 && nobody.check(address, family === 6 ? "ipv6" : "ipv4");
}

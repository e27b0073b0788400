import { BlockList, isIP } from "node:net";
import type { SourceLocation } from "../../source/location.ts";
import type { TraefikModel } from "../../traefik/model.ts";
import { RenderedFile } from "../../traefik/template/render-template.ts";
import { type EdgeRouter, optionOf } from "./edge-view.ts";
import { isEveryone } from "./match-rule.ts";

/** A middleware that lets in clients by their addresses. */
export interface AllowList {
  /** With its provider. */
  middleware: string;
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
  const found = routers.flatMap(({ isLiteLLM, middlewares }) => (isLiteLLM === true ? middlewares : []));
  const lists = new Map<string, AllowList>();
  for (const middleware of found) {
    const { name, kind } = middleware;
    if (kind !== "ipallowlist" && kind !== "ipwhitelist") continue;
    const ranges = (optionOf(middleware, "sourcerange") ?? "").split(",").flatMap((range) => range.trim() || []);
    if (ranges.length > 0 && !ranges.some(isEveryone)) lists.set(name, { middleware: name, ranges });
  }
  return [...lists.values()];
}

/** The ranges of a middleware of Traefik's API or model as the files have them; undefined where none of them does. */
export function writtenAllowList(model: TraefikModel | undefined, liveName: string): WrittenAllowList | undefined {
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
  writtenOf: (middleware: string) => WrittenAllowList | undefined,
  placeOf: (location: SourceLocation) => string,
): string[] {
  return lists.flatMap(({ middleware, ranges }) => {
    const written = writtenOf(middleware);
    if (ranges.every(isNobody) && written?.byVariable === undefined) return [];
    const place = written === undefined ? "" : ` (${placeOf(written.location)})`;
    const source = written?.byVariable === undefined ? "" : `, which is \`${written.byVariable}\` in the file`;
    return [
      `which clients is ${middleware}${place} meant to let in? It lets in ${ranges.join(", ")}${source}. The run's clients have ` +
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

import { z } from "zod";
import { type Rule, RuleError } from "../../traefik/rules/rule.ts";
import { parseLiveRule } from "../../traefik/rules/rule-of-version-two.ts";
import type { EdgeEntryPoint, EdgeMiddleware, EdgeRouter, EdgeView } from "./edge-view.ts";

const rawData = z.object({
  routers: z
    .record(
      z.string(),
      z.looseObject({
        rule: z.string().default(""),
        priority: z.number().default(0),
        service: z.string().default(""),
        entryPoints: z.array(z.string()).default([]),
        middlewares: z.array(z.string()).default([]),
        tls: z.unknown().optional(),
        status: z.string().default(""),
      }),
    )
    .default({}),
  middlewares: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
});

/** What Traefik's API says of a middleware beyond its own options. */
const notAKind = new Set(["status", "usedBy", "error", "provider", "name", "type"]);

/**
 * The live configuration of a Traefik.
 *
 * @param text the body of `GET /api/rawdata`
 * @param entryPoints those that serve HTTP, without the one of Traefik's API
 * @param isLiteLLM whether a router leads to LiteLLM, as far as the files say it
 * @throws {Error} for a text that is not Traefik's
 */
export function liveView(
  text: string,
  entryPoints: readonly EdgeEntryPoint[],
  isLiteLLM: (router: string) => boolean | undefined,
): EdgeView {
  const data = rawData.parse(JSON.parse(text));
  const middlewares = new Map(Object.entries(data.middlewares).map(([name, own]) => [name, middlewareOf(name, own)]));
  const names = new Set(entryPoints.map(({ name }) => name));
  const routers = Object.entries(data.routers).flatMap(([name, router]): EdgeRouter[] => {
    const rule = ruleOf(router.rule);
    const own = router.entryPoints.filter((entryPoint) => names.has(entryPoint));
    if (rule === undefined || own.length === 0 || router.status === "disabled") return [];
    const provider = name.slice(name.indexOf("@"));
    return [
      {
        name,
        rule,
        priority: router.priority,
        entryPoints: own,
        tls: router.tls !== undefined && router.tls !== null,
        service: router.service.includes("@") ? router.service : `${router.service}${provider}`,
        isLiteLLM: isLiteLLM(name),
        middlewares: router.middlewares.flatMap((one) => resolved(one, provider, middlewares)),
      },
    ];
  });
  return { routers, entryPoints };
}

function ruleOf(text: string): Rule | undefined {
  try {
    return parseLiveRule(text);
  } catch (error) {
    if (error instanceof RuleError) return undefined;
    throw error;
  }
}

interface LiveMiddleware extends EdgeMiddleware {
  /** Of a chain. */
  chained: readonly string[];
}

function middlewareOf(name: string, own: Readonly<Record<string, unknown>>): LiveMiddleware {
  const [kind = "", options] = Object.entries(own).find(([key]) => !notAKind.has(key)) ?? [];
  const flat = new Map(flattened(options, ""));
  const chain = z.object({ middlewares: z.array(z.string()) }).safeParse(options);
  return {
    name,
    kind: kind.toLowerCase(),
    options: flat,
    chained: kind.toLowerCase() === "chain" && chain.success ? chain.data.middlewares : [],
  };
}

function flattened(value: unknown, name: string): [string, string][] {
  if (Array.isArray(value)) return [[name, value.join(",")]];
  if (typeof value === "object" && value !== null)
    return Object.entries(value).flatMap(([key, inner]) =>
      flattened(inner, name === "" ? key.toLowerCase() : `${name}.${key.toLowerCase()}`),
    );
  return value === undefined || value === null ? [] : [[name, String(value)]];
}

/** A middleware, or those of a chain; Traefik refuses a chain that contains itself. */
function resolved(
  name: string,
  provider: string,
  all: ReadonlyMap<string, LiveMiddleware>,
  depth = 0,
): EdgeMiddleware[] {
  const found = all.get(name.includes("@") ? name : `${name}${provider}`);
  if (found === undefined || depth > 10) return [];
  const { chained, ...middleware } = found;
  if (chained.length === 0) return [middleware];
  const own = found.name.slice(found.name.indexOf("@"));
  return chained.flatMap((one) => resolved(one, own, all, depth + 1));
}

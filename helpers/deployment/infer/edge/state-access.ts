import { isDeepStrictEqual } from "node:util";
import type { AccessInput, Stated } from "../policy-input.ts";
import type { AccessClass } from "./access-class.ts";
import { type KnownPath, knownPath } from "./known-paths.ts";
import type { ObservedHost } from "./observe-hosts.ts";
import { type ClassByMethod, classesKey, grouped, overlapping, type RuleGroup } from "./path-rules.ts";

/** The status of LiteLLM's answer to a GET of a path without a credential; undefined where it was not asked. */
export type LiteLLMStatus = (path: string) => number | undefined;

type Method = NonNullable<AccessInput["methods"]>[number];

/**
 * The access rules of a host, first match first. What everyone reaches at the edge is stated as open to anyone where
 * LiteLLM guards nothing there, else as LiteLLM's to judge.
 */
export function stateAccess({ rest, rules }: ObservedHost, statusOf: LiteLLMStatus): Stated<AccessInput>[] {
  const judged = rules.map(({ pattern, classes }) => ({ pattern, classes: judgedClasses(pattern, classes, statusOf) }));
  const groups = grouped(judged);
  const stated = groups.flatMap((group, index) => {
    const own = statedGroup(group, statusOf);
    const isExcepted = groups.slice(index + 1).some(({ patterns }) => overlapping(group.patterns, patterns));
    // What holds for the rest need not be said of a path, unless a later rule would say something else of it.
    return isExcepted ? own : own.filter(({ value }) => value.methods !== undefined || !isSaid(value, rest));
  });
  return [...stated, ...statedGroup({ patterns: undefined, classes: rest }, statusOf)];
}

/** Whether a rule says of its paths what holds for the rest. */
function isSaid({ paths: _, ...rule }: AccessInput, rest: ClassByMethod): boolean {
  const [own, ...others] = statedGroup({ patterns: undefined, classes: rest }, () => undefined);
  return others.length === 0 && isDeepStrictEqual(rule, own?.value);
}

/** Adds what LiteLLM itself does with a path that is open at the edge. */
function judgedClasses(pattern: string, classes: ClassByMethod, statusOf: LiteLLMStatus): ClassByMethod {
  const path = pathOf(pattern);
  const statuses = openStatuses(knownPath(path), statusOf(path));
  if (statuses === undefined) return classes;
  const why = knownPath(path)?.why ?? "";
  const judge = (access: AccessClass): AccessClass =>
    access.who === "open" ? { who: "anyone", statuses, why } : access;
  return new Map([...classes].map(([method, access]) => [method, judge(access)]));
}

/** LiteLLM's answers to anyone; undefined where it guards the path. */
function openStatuses(known: KnownPath | undefined, asked: number | undefined): readonly number[] | undefined {
  if (asked === undefined) return known?.statuses;
  if (known !== undefined) return known.statuses.includes(asked) ? known.statuses : [asked];
  // MCP refuses with 500 on 1.77.1; a guarded path may also answer that the method or the body is wrong.
  return asked < 400 ? [asked] : undefined;
}

function statedGroup(
  { patterns, classes }: Pick<RuleGroup, "classes"> & { patterns: readonly string[] | undefined },
  statusOf: LiteLLMStatus,
): Stated<AccessInput>[] {
  const kinds = [...Map.groupBy(classes, ([, access]) => classesKey(new Map([["", access]]))).values()];
  // The most frequent class comes last, for every method that is not named.
  const ordered = kinds.toSorted((a, b) => a.length - b.length);
  return ordered.flatMap((entries, index) => {
    const access = entries[0]?.[1];
    if (access === undefined) return [];
    const isLast = index === ordered.length - 1;
    const methods = isLast ? undefined : entries.flatMap(([method]) => (isMethod(method) ? method : []));
    const where = { ...(patterns && { paths: [...patterns] }), ...(methods && { methods }) };
    return [statedRule(where, access, statusOf)];
  });
}

function statedRule(
  where: Pick<AccessInput, "paths" | "methods">,
  access: AccessClass,
  statusOf: LiteLLMStatus,
): Stated<AccessInput> {
  switch (access.who) {
    case "open":
      return { value: { ...where, who: "litellm" } };
    case "anyone":
      return statedAnyone(where, access, statusOf);
    case "bearer": {
      const { status, challenge } = access;
      const questions =
        status === 401 && challenge !== undefined
          ? []
          : [
              `is ${status}${challenge === undefined ? " without WWW-Authenticate" : ""} meant for callers without a key? MCP ` +
                "clients learn only from a 401 with a challenge that they have to authenticate (RFC 9110, section 15.5.2)",
            ];
      return {
        value: { ...where, who: "bearer", status, ...(challenge === undefined ? {} : { challenge }) },
        questions,
      };
    }
    case "nobody":
      return {
        value: { ...where, who: "nobody", status: access.status },
        questions: /^(?:Basic|Digest)\b/i.test(access.challenge ?? "")
          ? [
              "how do agents get in? Traefik asks for a name and a password, and a Bearer credential does not count. No check " +
                "has an account, so what lies behind is not proved",
            ]
          : [],
      };
    case "login":
      return {
        value: { ...where, who: "login", service: access.service, headers: [...access.headers] },
        questions: ["how do agents and other clients without a browser get in? A login page stops them"],
      };
    case "redirect":
      return { value: { ...where, who: "redirect", to: access.to } };
    case "other-service":
      return {
        value: { ...where, who: "nobody", status: access.status },
        remarks: [
          `Not LiteLLM's: Traefik sends ${where.paths?.join(", ") ?? "every other path"} to ${access.service}.`,
        ],
      };
  }
}

function statedAnyone(
  where: Pick<AccessInput, "paths" | "methods">,
  { statuses, why }: Extract<AccessClass, { who: "anyone" }>,
  statusOf: LiteLLMStatus,
): Stated<AccessInput> {
  const paths = [...new Set((where.paths ?? []).map(pathOf))];
  const missing = paths.filter((path) => knownPath(path)?.statuses.includes(404) === false && statusOf(path) === 404);
  return {
    value: {
      ...where,
      who: "anyone",
      status: statuses.length === 1 ? (statuses[0] ?? 200) : [...statuses],
      ...(why === "" ? {} : { why }),
    },
    questions: [
      ...(why === "" ? [`why may anyone reach ${paths.join(", ")}?`] : []),
      ...missing.map((path) => `${path} is open and LiteLLM has nothing there: is a setting missing?`),
    ],
  };
}

function pathOf(pattern: string): string {
  return pattern.length === 1 ? pattern : pattern.replace(/\/(?:\*\*)?$/, "");
}

function isMethod(method: string): method is Method {
  return ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].includes(method);
}

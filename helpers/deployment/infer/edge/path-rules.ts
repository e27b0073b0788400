import { type AccessClass, classKey } from "./access-class.ts";

/** A class for each method that was asked with. */
export type ClassByMethod = ReadonlyMap<string, AccessClass>;

/** A path of a policy: `/x`, or `/x/**` for everything below it. */
export interface PathRule {
  pattern: string;
  classes: ClassByMethod;
}

/** Paths of one class, in the order in which they must be tried. */
export interface RuleGroup {
  patterns: readonly string[];
  classes: ClassByMethod;
}

/** Equal for equal classes of every method. */
export function classesKey(classes: ClassByMethod): string {
  return JSON.stringify([...classes].map(([method, access]) => [method, classKey(access)]));
}

/** What the most specific rule says of a path; undefined where none covers it. */
export function ruleFor(rules: readonly PathRule[], path: string): PathRule | undefined {
  return rules
    .filter(({ pattern }) => covers(pattern, path))
    .toSorted((a, b) => specificity(b.pattern) - specificity(a.pattern))[0];
}

/** Whether a pattern covers a path. */
export function covers(pattern: string, path: string): boolean {
  return pattern.endsWith("/**") ? path.startsWith(pattern.slice(0, -2)) : pattern === path;
}

/** Groups rules by class so that, tried in order, the first match is the most specific one. */
export function grouped(rules: readonly PathRule[]): RuleGroup[] {
  const groups: { patterns: string[]; classes: ClassByMethod; key: string }[] = [];
  for (const { pattern, classes } of rules.toSorted((a, b) => specificity(b.pattern) - specificity(a.pattern))) {
    const key = classesKey(classes);
    // It may join an earlier group only where no later group has exceptions from it.
    const index = groups.findIndex((group) => group.key === key);
    const later = index === -1 ? [] : groups.slice(index + 1).flatMap((group) => group.patterns);
    const group = overlapping([pattern], later) ? undefined : groups[index];
    if (group === undefined) groups.push({ patterns: [pattern], classes, key });
    else group.patterns.push(pattern);
  }
  return groups.map(({ patterns, classes }) => ({ patterns: inOrder(patterns), classes }));
}

/** Whether a path may match a pattern of both. */
export function overlapping(some: readonly string[], others: readonly string[]): boolean {
  return some.some((one) => others.some((other) => overlaps(one, other)));
}

function overlaps(one: string, other: string): boolean {
  return covers(one, other.replace(/\*\*$/, "")) || covers(other, one.replace(/\*\*$/, ""));
}

/** By path; what lies below it follows. */
function inOrder(patterns: readonly string[]): string[] {
  return patterns.toSorted((a, b) => (a.replace("/**", "/") < b.replace("/**", "/") ? -1 : 1));
}

function specificity(pattern: string): number {
  return pattern.length * 2 + (pattern.endsWith("/**") ? -5 : 1);
}

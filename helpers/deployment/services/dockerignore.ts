import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import type { ComposeBuild } from "../compose/types.ts";
import { dockerfileOf } from "./dockerfile-path.ts";

/** What a build leaves out of its context. */
export interface IgnoredFiles {
  /** Whether nothing is left out. */
  isEmpty: boolean;
  /** Whether a file or a directory is left out; its path is relative to the context. */
  has(path: string): boolean;
  /** Whether a part of a directory that is left out may be in the context (`!` in the file). */
  hasExceptions: boolean;
}

/**
 * What the `.dockerignore` of a build leaves out: the one with the Dockerfile's name in front, else that of the context.
 *
 * Source: Docker's documentation, "Build context"; moby/patternmatcher.
 */
export function ignoredFiles(build: ComposeBuild): IgnoredFiles {
  const own = build.inline === undefined ? [`${dockerfileOf(build)}.dockerignore`] : [];
  const file = [...own, join(build.context, ".dockerignore")].find((path) => existsSync(path));
  return readDockerignore(file === undefined ? "" : readFileSync(file, "utf8"));
}

/** Reads the text of a `.dockerignore`. */
export function readDockerignore(text: string): IgnoredFiles {
  const patterns = text.split(/\r?\n/).flatMap((line) => {
    const written = line.replace(/^\uFEFF/, "");
    const [, exception, rest = ""] = /^(!?)\s*(.*)$/.exec(written.trim()) ?? [];
    if (written.startsWith("#") || rest === "") return [];
    const pattern = posix
      .normalize(rest.trim())
      .replace(/^\/(?=.)/, "")
      .replace(/\/$/, "");
    const expression = expressionOf(pattern);
    return expression === undefined ? [] : [{ isException: exception === "!", expression }];
  });
  return {
    isEmpty: patterns.length === 0,
    hasExceptions: patterns.some(({ isException }) => isException),
    has: (path) => {
      const steps = path.split("/");
      const paths = steps.map((_, index) => steps.slice(0, index + 1).join("/"));
      // The last line that matches the path, or a directory above it, decides.
      return patterns.findLast(({ expression }) => paths.some((one) => expression.test(one)))?.isException === false;
    },
  };
}

/** The regular expression of a pattern; undefined for one that Docker refuses. */
function expressionOf(pattern: string): RegExp | undefined {
  const source = pattern.replaceAll(/\*\*\/|\*\*|\*|\?|\\.|\[\^?[^\]]*\]|[.+^$(){}|[\]\\]/g, (part) => {
    if (part === "**/") return "(?:.*/)?";
    if (part === "**") return ".*";
    if (part === "*") return "[^/]*";
    if (part === "?") return "[^/]";
    if (part.length > 1) return part.startsWith("[") ? part : `\\${part.slice(1)}`;
    return `\\${part}`;
  });
  try {
    return new RegExp(`^${source}$`);
  } catch {
    return undefined;
  }
}

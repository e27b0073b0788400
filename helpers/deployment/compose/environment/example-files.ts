import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** How the name of an env file's example ends, in order of preference. */
export const exampleEndings = [".example", ".template", ".sample", ".dist", ".tmpl"] as const;

/** Further names of an example of `.env`. */
const mainExamples = exampleEndings.flatMap((ending) => {
  const kind = ending.slice(1);
  return [`env.${kind}`, `env-${kind}`, `${kind}.env`, `.env-${kind}`];
});

/** The names of a file's examples, in order of preference. */
export function exampleNames(file: string): string[] {
  const own = basename(file) === ".env" ? mainExamples.map((name) => join(dirname(file), name)) : [];
  // `litellm.example` is one of `litellm.env`.
  const [, plain] = /^(.*[^/])\.env$/.exec(file) ?? [];
  return [
    ...exampleEndings.map((ending) => `${file}${ending}`),
    ...own,
    ...(plain === undefined ? [] : [`${plain}.example`]),
  ];
}

/** The path of a file, or of the first example of it that exists; undefined where neither exists. */
export function fileOrExample(file: string): string | undefined {
  return [file, ...exampleNames(file)].find((path) => existsSync(path));
}

/** The path of an env file, from that of its example. */
export function withoutExampleEnding(path: string): string {
  const ending = exampleEndings.find((one) => path.endsWith(one)) ?? "";
  return path.slice(0, path.length - ending.length);
}

import { existsSync } from "node:fs";

/** How the name of an env file's example ends, in order of preference. */
export const exampleEndings = [".example", ".template", ".sample", ".dist", ".tmpl"] as const;

/** The names of a file's examples, in order of preference. */
export function exampleNames(file: string): string[] {
  return exampleEndings.map((ending) => `${file}${ending}`);
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

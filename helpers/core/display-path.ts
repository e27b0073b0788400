import { isAbsolute, relative } from "node:path";

/** A path as the operator would type it: relative to the working directory when it lies below it. */
export function displayPath(file: string): string {
  const path = relative(process.cwd(), file);
  if (path === "") return ".";
  return path.startsWith("..") || isAbsolute(path) ? file : path;
}

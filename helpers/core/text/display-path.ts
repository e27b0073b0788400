import { isAbsolute, relative } from "node:path";

/** A path for messages: relative to the working directory when it is inside, otherwise unchanged. */
export function displayPath(file: string): string {
  const path = relative(process.cwd(), file);
  if (path === "") return ".";
  return path.startsWith("..") || isAbsolute(path) ? file : path;
}

import { posix } from "node:path";

/** Programs that run another one as a container's first process, and that no package of a server contains. */
const initPrograms = new Set(["catatonit", "docker-init", "dumb-init", "tini", "tini-static"]);

/** A command line without the init program in front of it, where it has one: `tini -g -- server --port 1` is `server --port 1`. */
export function withoutInitProgram(words: readonly string[]): readonly string[] {
  const [first = "", ...rest] = words;
  if (!initPrograms.has(posix.basename(first))) return words;
  const end = rest.indexOf("--");
  const command = end === -1 ? rest.findIndex((word) => !word.startsWith("-")) : end + 1;
  return command === -1 ? words : rest.slice(command);
}

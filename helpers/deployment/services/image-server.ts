import { posix } from "node:path";
import { shellWords } from "../compose/service/shell-words.ts";
import type { ComposeService } from "../compose/types.ts";
import { withoutInitProgram } from "./init-program.ts";

/** Servers of images that everybody runs as they are. */
const servers: readonly { image: RegExp; program: RegExp; port: number }[] = [
  {
    image: /(?:^|\/)(?:postgres|postgresql|pgvector|timescaledb)\b/,
    program: /^(?:postgres|postmaster)$/,
    port: 5432,
  },
  { image: /(?:^|\/)(?:redis|valkey)\b/, program: /^(?:redis|valkey)(?:-stack)?-server$/, port: 6379 },
];

/**
 * The port of the server in a service's image.
 *
 * @returns undefined for an image that is not known, and for a service that runs another program of it, e.g. a script of SQL
 */
export function imageServerPort(service: ComposeService): number | undefined {
  const image = service.image?.value ?? "";
  return servers.find((server) => server.image.test(image) && runsServer(service, server.program))?.port;
}

function runsServer({ entrypoint, command = [] }: ComposeService, program: RegExp): boolean {
  return entrypoint === undefined ? isStartedByImage(command, program) : starts([...entrypoint, ...command], program);
}

/** The entry point of these images starts the server where the command is empty, an option or a config. */
function isStartedByImage(command: readonly string[], program: RegExp): boolean {
  const [first] = command;
  return first === undefined || /^-|\.conf$/.test(first) || starts(command, program);
}

/** Whether a command starts a program: itself, by a shell, or by the entry point of the image. */
function starts(command: readonly string[], program: RegExp): boolean {
  const words = withoutInitProgram(command);
  const start = words.findIndex((word) => !/^(?:\w+=.*|exec|then|else|do|if|!|\{|\()$/.test(word));
  const [first, ...rest] = start === -1 ? [] : words.slice(start);
  if (first === undefined) return false;
  const name = posix.basename(first);
  if (program.test(name)) return true;
  if (name === "docker-entrypoint.sh") return isStartedByImage(rest, program);
  // The word after it is the user.
  if (/^(?:gosu|su-exec)$/.test(name)) return starts(rest.slice(1), program);
  const flag = /^(?:ba|da|a)?sh$/.test(name) ? rest.findIndex((word) => /^-[a-z]*c$/.test(word)) : -1;
  return flag !== -1 && commandsOf(rest[flag + 1] ?? "").some((one) => starts(one, program));
}

/** The words of each command of a shell's text. */
function commandsOf(script: string): string[][] {
  return script.split(/&&|\|\||[;|\n]/).flatMap((text) => {
    try {
      return [shellWords(text)];
    } catch {
      // A quote around a separator: such a command starts no server.
      return [];
    }
  });
}

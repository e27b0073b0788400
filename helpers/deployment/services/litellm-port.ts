import { readFileSync, statSync } from "node:fs";
import type { ComposeService } from "../compose/types.ts";
import type { NoteList } from "../source/note-list.ts";
import { isOfficialLiteLLMImage } from "./build-outline.ts";

/** Where LiteLLM listens when nothing says otherwise. */
const defaultPort = 4000;

/** `--port 8000`, `--port=8000`, `--port "$PORT"`, `--port ${PORT:-8000}`. */
const portOption = /(?:^|\s)--port[\s=]+"?(?:(\d+)|\$\{?([A-Za-z_]\w*)(?::?-(\d+))?)/m;

/**
 * The port on which LiteLLM listens: `--port` of its command, also in a script of its entry point, or `PORT`. Without an entry
 * point and a command of the operator's the command of LiteLLM's own image counts, `--port 4000`. Source: LiteLLM's `proxy_cli.py`
 * and Dockerfile.
 */
export function liteLLMPortOf(service: ComposeService): number {
  const { entrypoint = [], command = [], environment } = service;
  const words = [...entrypoint, ...command].join(" ");
  const [, written, variable = "", fallback] = portOption.exec(words) ?? portOption.exec(scriptOf(service)) ?? [];
  const main = hasOwnCommand(service) ? environment.get("PORT")?.value : undefined;
  const port = Number(written ?? environment.get(variable)?.value ?? fallback ?? main);
  return Number.isInteger(port) && port > 0 ? port : defaultPort;
}

/** Notes that `PORT` does not say where LiteLLM listens. Source: litellm's Dockerfile, `CMD ["--port", "4000"]`. */
export function noteIdlePort(service: ComposeService, notes: NoteList): void {
  const port = service.environment.get("PORT");
  if (port === undefined || port.value === "" || hasOwnCommand(service) || port.value === `${defaultPort}`) return;
  notes.add(
    "finding",
    port.location,
    `PORT is ${port.value}, and LiteLLM listens on ${defaultPort}`,
    `without a command of its own the service has the image's, which says --port ${defaultPort}`,
    `add command: ["--port", "${port.value}"], or remove PORT`,
  );
}

/** Whether a service starts LiteLLM by another command than that of LiteLLM's own image. */
function hasOwnCommand({ entrypoint, command, image, build }: ComposeService): boolean {
  const isOwnImage = build === undefined && isOfficialLiteLLMImage(image?.value ?? "");
  return !isOwnImage || entrypoint !== undefined || command !== undefined;
}

/** The operator's script that is the entry point, without its comments; empty where the entry point is none of the mounted files. */
function scriptOf({ entrypoint = [], mounts }: ComposeService): string {
  const script = mounts.find(
    ({ kind, target, source, isAvailable }) =>
      kind === "bind" && isAvailable && entrypoint.includes(target) && statSync(source).isFile(),
  );
  return script === undefined ? "" : readFileSync(script.source, "utf8").replaceAll(/^\s*#.*$/gm, "");
}

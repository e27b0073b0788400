import { readFileSync, statSync } from "node:fs";
import type { ComposeService } from "../compose/types.ts";

/** Where LiteLLM listens when nothing says otherwise. */
const defaultPort = 4000;

/** `--port 8000`, `--port=8000`, `--port "$PORT"`, `--port ${PORT:-8000}`. */
const portOption = /(?:^|\s)--port[\s=]+"?(?:(\d+)|\$\{?([A-Za-z_]\w*)(?::?-(\d+))?)/m;

/**
 * The port on which LiteLLM listens: `--port` of its command, also in a script of its entry point, or `PORT`. Source:
 * LiteLLM's `proxy_cli.py`.
 */
export function liteLLMPortOf(service: ComposeService): number {
  const { entrypoint = [], command = [], environment } = service;
  const words = [...entrypoint, ...command].join(" ");
  const [, written, variable = "", fallback] = portOption.exec(words) ?? portOption.exec(scriptOf(service)) ?? [];
  const port = Number(written ?? environment.get(variable)?.value ?? fallback ?? environment.get("PORT")?.value);
  return Number.isInteger(port) && port > 0 ? port : defaultPort;
}

/** The operator's script that is the entry point, without its comments; empty where the entry point is none of the mounted files. */
function scriptOf({ entrypoint = [], mounts }: ComposeService): string {
  const script = mounts.find(
    ({ kind, target, source, isAvailable }) =>
      kind === "bind" && isAvailable && entrypoint.includes(target) && statSync(source).isFile(),
  );
  return script === undefined ? "" : readFileSync(script.source, "utf8").replaceAll(/^\s*#.*$/gm, "");
}

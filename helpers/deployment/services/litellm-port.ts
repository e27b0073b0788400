import type { ComposeService } from "../compose/types.ts";

/** Where LiteLLM listens when nothing says otherwise. */
const defaultPort = 4000;

/**
 * The port on which LiteLLM listens: `--port` of its command, also in a script of its entry point, or `PORT`. Source:
 * LiteLLM's `proxy_cli.py`.
 */
export function liteLLMPortOf({ entrypoint = [], command = [], environment }: ComposeService): number {
  const words = [...entrypoint, ...command];
  const text = words.join(" ");
  const [, flag] = /(?:^|\s)--port[\s=]+"?(\d+)/.exec(text) ?? [];
  const port = Number(flag ?? environment.get("PORT")?.value);
  return Number.isInteger(port) && port > 0 ? port : defaultPort;
}

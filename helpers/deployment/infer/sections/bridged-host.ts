import { posix } from "node:path";
import type { ComposeFile, ComposeService } from "../../compose/types.ts";
import { addressIn, serviceAt } from "../../services/hosts.ts";
import type { StdioUpstream } from "./stdio-version.ts";

/** Programs that speak stdio to LiteLLM and HTTP to a server elsewhere, by the options in front of its URL; none for an argument. */
const bridges: Readonly<Record<string, readonly string[]>> = {
  "mcp-remote": [],
  "mcp-proxy": [],
  supergateway: ["--sse", "--streamableHttp"],
};

/** The host that a stdio server only leads to (`npx mcp-remote https://…`), where no service of the deployment is it. */
export function bridgedHost(
  { command, args }: StdioUpstream,
  { compose, litellm }: { compose: ComposeFile; litellm: ComposeService },
): string | undefined {
  const words = [posix.basename(command), ...args];
  const at = words.findIndex((word) => bridges[word.replace(/@.*$/, "")] !== undefined);
  const options = bridges[words[at]?.replace(/@.*$/, "") ?? ""];
  if (options === undefined) return undefined;
  const url = words.find(
    (word, index) =>
      index > at && /^https?:\/\//.test(word) && (options.length === 0 || options.includes(words[index - 1] ?? "")),
  );
  const host = addressIn(url ?? "")?.host;
  return host === undefined || serviceAt(compose, host, litellm) !== undefined ? undefined : host;
}

import { agentPaths, matches } from "../../policy/access.ts";
import type { DeploymentView } from "../deployment-view.ts";
import type { HostInput, ItemOf, Stated } from "../policy-input.ts";
import { chatModel } from "./models.ts";
import { isMasterKey } from "./secrets.ts";

/** What decides whether a Codex with the suite's own config can use the gateway. */
export interface OwnCodexContext {
  hosts: readonly HostInput[];
  secrets: readonly Stated<ItemOf<"secrets">>[];
  /** Whether the gateway publishes a port there. */
  isOnTheLan: boolean;
}

/**
 * A Codex with the suite's own config, for a folder that has no config of Codex. Undefined where nothing in the files says that such a
 * client works: without a model for chats, without a master key that a variable holds, where a module judges the keys, where the LAN
 * does not reach the gateway, and where no host lets the client's requests through.
 */
export function ownCodex(
  view: DeploymentView,
  { hosts, secrets, isOnTheLan }: OwnCodexContext,
): Stated<ItemOf<"clients">> | undefined {
  const key = secrets.find(({ value: { name, kind } }) => kind === "api-key" && isMasterKey(view, name))?.value.name;
  const model = chatModel(view);
  const hasModule = view.config?.customAuth !== undefined;
  if (key === undefined || model === undefined || hasModule || !isOnTheLan || !letsCodexThrough(hosts))
    return undefined;
  return {
    value: { name: "codex", kind: "codex", key, model },
    remarks: [
      "No file is a config of Codex. This one gets a config of the suite's own, with the master key; name yours as `config` instead.",
    ],
  };
}

/** As `agentHostOf` decides for a policy: the first rule that matches counts, and without rules a Bearer credential opens everything. */
function letsCodexThrough(hosts: readonly HostInput[]): boolean {
  const serving = hosts.filter(
    ({ access }) => access === undefined || access.some(({ who }) => who !== "redirect" && who !== "nobody"),
  );
  const internal = serving.filter(({ zone }) => zone === "internal");
  return (internal.length > 0 ? internal : serving).some(
    ({ access }) =>
      access === undefined ||
      agentPaths("/mcp/").every((path) => {
        const rule = access.find(({ paths, methods }) => matches({ paths, methods }, { method: "POST", path }));
        return rule !== undefined && ["anyone", "bearer", "litellm"].includes(rule.who);
      }),
  );
}

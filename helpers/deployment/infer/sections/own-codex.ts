import { matches } from "../../policy/access.ts";
import type { DeploymentView } from "../deployment-view.ts";
import type { HostInput, ItemOf, Stated } from "../policy-input.ts";
import { chatModel } from "./models.ts";
import { isMasterKey } from "./secrets.ts";

/** What decides whether a Codex with the suite's own config can use the gateway. */
export interface OwnCodexContext {
  hosts: readonly HostInput[];
  reach: readonly Stated<ItemOf<"reach">>[];
  secrets: readonly Stated<ItemOf<"secrets">>[];
}

/** What Codex asks for. */
const paths = ["/v1/responses", "/mcp/"];

/**
 * A Codex with the suite's own config, for a folder that has no config of Codex. Undefined where nothing in the files says that such a
 * client works: without a model for chats, without a master key that a variable holds, where a module judges the keys, and where
 * neither the LAN nor the outside reaches a host that lets its requests through.
 */
export function ownCodex(
  view: DeploymentView,
  { hosts, reach, secrets }: OwnCodexContext,
): Stated<ItemOf<"clients">> | undefined {
  const { config } = view;
  const serving = hosts.filter(letsCodexThrough);
  const host = serving.find(({ zone }) => zone === "internal") ?? serving[0];
  const isReached = reach.some(({ value }) => value.to === "gateway-host" && value.as === host?.name);
  const key = secrets.find(({ value: { name, kind } }) => kind === "api-key" && isMasterKey(view, name))?.value.name;
  const model = chatModel(view);
  if (!isReached || key === undefined || model === undefined || config?.customAuth !== undefined) return undefined;
  return {
    value: { name: "codex", kind: "codex", key, model },
    remarks: [
      "No file is a config of Codex. This one gets a config of the suite's own, with the master key; name yours as `config` instead.",
    ],
  };
}

/** As policies do: the first rule that matches decides, and without rules a Bearer credential opens everything. */
function letsCodexThrough({ access }: HostInput): boolean {
  if (access === undefined) return true;
  return paths.every((path) => {
    const rule = access.find(({ paths: named, methods }) =>
      matches({ paths: named, methods }, { method: "POST", path }),
    );
    return rule !== undefined && ["anyone", "bearer", "litellm"].includes(rule.who);
  });
}

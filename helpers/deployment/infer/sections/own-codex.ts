import { listedModels, otherKind } from "../../litellm/chat-models.ts";
import { namedDatabase } from "../../litellm/database.ts";
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

/** A Codex with the suite's own config, or why there is none. */
export type OwnCodex =
  | { stated: Stated<ItemOf<"clients">>; reasonWithout: undefined }
  | {
      stated: undefined;
      /** A clause. */
      reasonWithout: string;
    };

/**
 * A Codex with the suite's own config, for a folder that has no config of Codex. None where nothing in the files says that such a
 * client works: without a model for chats, without a master key that a variable holds, where a module judges the keys, where the LAN
 * does not reach the gateway, and where no host lets the client's requests through.
 */
export function ownCodex(view: DeploymentView, { hosts, secrets, isOnTheLan }: OwnCodexContext): OwnCodex {
  const none = (reasonWithout: string): OwnCodex => ({ stated: undefined, reasonWithout });
  const key = secrets.find(({ value: { name, kind } }) => kind === "api-key" && isMasterKey(view, name))?.value.name;
  if (key === undefined) return none("no variable of the env files holds LiteLLM's master key");
  const model = chatModel(view);
  if (model === undefined) return none(whyNoChatModel(view));
  const { customAuth } = view.config ?? {};
  if (customAuth !== undefined) return none(`${customAuth} judges the keys, and no file says which one is Codex's`);
  if (!isOnTheLan) return none("the gateway publishes no port on the LAN");
  if (!letsCodexThrough(hosts))
    return none(`no ${zoneOfCodex(hosts)}host lets POST ${agentPaths("/mcp/").join(" and ")} through with one key`);
  return {
    stated: {
      value: { name: "codex", kind: "codex", key, model },
      remarks: [
        "No file is a config of Codex. This one gets a config of the suite's own, with the master key; name yours as `config` instead.",
      ],
    },
    reasonWithout: undefined,
  };
}

/** As `agentHostOf` decides for a policy: the first rule that matches counts, and without rules a Bearer credential opens everything. */
function letsCodexThrough(hosts: readonly HostInput[]): boolean {
  return hostsOfCodex(hosts).some(
    ({ access }) =>
      access === undefined ||
      agentPaths("/mcp/").every((path) => {
        const rule = access.find(({ paths, methods }) => matches({ paths, methods }, { method: "POST", path }));
        return rule !== undefined && ["anyone", "bearer", "litellm"].includes(rule.who);
      }),
  );
}

/** The internal hosts that serve anything, or all such where none is internal. */
function hostsOfCodex(hosts: readonly HostInput[]): readonly HostInput[] {
  const serving = hosts.filter(
    ({ access }) => access === undefined || access.some(({ who }) => who !== "redirect" && who !== "nobody"),
  );
  const internal = serving.filter(({ zone }) => zone === "internal");
  return internal.length > 0 ? internal : serving;
}

function zoneOfCodex(hosts: readonly HostInput[]): string {
  return hostsOfCodex(hosts).some(({ zone }) => zone === "internal") ? "internal " : "";
}

/** Which models the files name, and why none of them is one for chats. */
function whyNoChatModel({ config, litellm }: DeploymentView): string {
  if (config?.gap?.state === "unknown") return "LiteLLM's config is not in this folder, so its models are not known";
  const others = listedModels(config).flatMap((model) => {
    const why = otherKind(model);
    return why === undefined ? [] : `${model.model_name} ${why}`;
  });
  if (others.length > 0) return `LiteLLM's config names no model for chats: ${others.join(", ")}`;
  const unread =
    config?.gap === undefined ? "no file names a model" : "LiteLLM reads no config, so no file names its models";
  const named = (config?.files ?? []).length > 0 ? "LiteLLM's config names no model" : unread;
  const database = namedDatabase(config ?? { environment: litellm.environment, document: {} });
  return database === undefined ? named : `${named}, and which ones are in LiteLLM's database is in no file`;
}

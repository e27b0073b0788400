import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { FailureDetails } from "../../../helpers/checks/check-failure.ts";
import type { SourceLocation } from "../../../helpers/deployment/types.ts";
import { type AskedGateway, askModule, blameOf, type HookDecision } from "./module-decision.ts";

/** A call of a tool with a key that may use some servers only. */
export interface AskedCall {
  /** The variable of the key. */
  secret: string;
  path: string;
  /** As the catalogue names it. */
  tool: string;
  /** The servers that the key may use, and the others. */
  granted: readonly string[];
  other: readonly string[];
}

/**
 * Why the operator's modules let a call of a tool pass, or refuse it, against the policy, and the line that decides: `custom_auth`
 * and the hooks before a call are asked in LiteLLM's container.
 *
 * @param seen what LiteLLM did with the call
 * @returns undefined where the modules decide otherwise, or cannot be asked
 */
export async function whyCallIs(
  seen: "passed" | "refused",
  { secret, path, tool, granted, other }: AskedCall,
  gateway: AskedGateway,
): Promise<Pick<FailureDetails, "cause" | "location"> | undefined> {
  const { litellmConfig, variables } = gateway.deployment;
  const file = litellmConfig.customAuthFile;
  if (file === undefined || gateway.run === undefined) return undefined;
  const hooks = litellmConfig.texts
    .filter(({ path: [section, key] }) => section === "litellm_settings" && key === "callbacks")
    .map(({ value }) => value.value)
    .filter((name) => name.includes("."));
  const key = variables.get(secret)?.value ?? "";
  const asked = { method: "POST", path, query: "", headers: [], key, tool, granted, other, hooks };
  const decision = await askModule(gateway, asked);
  if (decision === undefined) return undefined;
  if (decision.refused) return seen === "refused" ? blameOf(decision, asked, gateway.deployment) : undefined;
  const { hook } = decision;
  if (hook == null || hook.refused !== (seen === "refused")) return undefined;
  const location = lineOf(hook, file);
  if (location === undefined) return undefined;
  const module = basename(location.file);
  const hasList = hook.listLine != null;
  if (!hook.refused) {
    const why = hasList
      ? "does not limit its servers as the policy does"
      : `lets it pass: line ${location.line} is the last condition that it checks`;
    return { cause: `${module} is asked before ${secret} calls ${tool}, and ${why}`, location };
  }
  const why = hasList
    ? `grants it other servers than ${granted.join(" and ")}`
    : `refuses it, by line ${location.line}`;
  return { cause: `${module} is asked before ${secret} calls ${tool}, and ${why}: '${hook.message}'`, location };
}

/** The hook's line on this machine: its module is next to the one of `custom_auth`. */
function lineOf({ file, listLine, decidedAt }: HookDecision, customAuthFile: string): SourceLocation | undefined {
  const line = listLine ?? decidedAt;
  const own = join(dirname(customAuthFile), basename(file));
  return line === undefined || !existsSync(own) ? undefined : { file: own, line };
}

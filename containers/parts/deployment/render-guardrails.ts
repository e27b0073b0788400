import { isRecord } from "../../../helpers/core/text/json.ts";
import type { RenderedChange } from "../../../helpers/run/run-record.ts";

/**
 * Guardrails that LiteLLM runs in its own process, by `litellm_params.guardrail`. A class of the operator's has a dot in its name.
 * Source: litellm/types/guardrails.py of LiteLLM 1.106.2.
 */
const ownGuardrails: ReadonlySet<string> = new Set([
  "hide-secrets",
  "litellm_content_filter",
  "tool_permission",
  "block_code_execution",
  "mcp_security",
  "mcp_jwt_signer",
  "mcp_end_user_permission",
  "custom_code",
]);

/** Callbacks of `litellm_settings` that are guardrails and ask a service. */
const remoteCallbacks: ReadonlySet<string> = new Set([
  "presidio",
  "lakera_prompt_injection",
  "aporia_prompt_injection",
]);

/**
 * Leaves out the guardrails that ask a service: none of them runs here, and with a guardrail that gets no answer LiteLLM refuses
 * every prompt (500).
 *
 * @param config changed in place
 * @param file its name, for the list of changes
 */
export function leaveOutRemoteGuardrails(config: Record<string, unknown>, file: string): RenderedChange[] {
  const changes: RenderedChange[] = [];
  const names = new Set<unknown>();
  const leftOut = (where: string, kind: string): void => {
    changes.push({
      where: `${file}:${where}`,
      what: "left out",
      why: `the service of the guardrail ${kind} does not run here: what it refuses or changes is not proved`,
    });
  };
  if (Array.isArray(config.guardrails)) {
    config.guardrails = config.guardrails.filter((guardrail: unknown) => {
      const kind = kindOf(guardrail);
      if (kind === undefined || ownGuardrails.has(kind) || kind.includes(".")) return true;
      const { guardrail_name: name } = guardrail as { guardrail_name?: unknown };
      names.add(name);
      leftOut(`guardrails.${String(name)}`, kind);
      return false;
    });
  }
  const settings = isRecord(config.litellm_settings) ? config.litellm_settings : {};
  if (Array.isArray(settings.callbacks)) {
    settings.callbacks = settings.callbacks.filter((callback: unknown) => {
      if (!remoteCallbacks.has(String(callback))) return true;
      leftOut("litellm_settings.callbacks", String(callback));
      return false;
    });
  }
  // The older form: each item maps a guardrail's name to its callbacks.
  if (Array.isArray(settings.guardrails)) {
    settings.guardrails = settings.guardrails.filter((item: unknown) => {
      const remote = olderForm(item).find(({ callbacks }) => callbacks.some((one) => remoteCallbacks.has(String(one))));
      if (remote === undefined) return true;
      names.add(remote.name);
      leftOut(`litellm_settings.guardrails.${remote.name}`, remote.callbacks.join(", "));
      return false;
    });
  }
  // LiteLLM refuses to start with a policy that names a guardrail which it does not have.
  if (names.size > 0 && config.policies !== undefined) config.policies = without(config.policies, names);
  return changes;
}

/** The same data without the items of lists that are, or name, one of the guardrails. */
function without(value: unknown, names: ReadonlySet<unknown>): unknown {
  if (Array.isArray(value))
    return value
      .filter((item: unknown) => !names.has(item) && !(isRecord(item) && names.has(item.guardrail)))
      .map((item) => without(item, names));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, without(inner, names)]));
}

function olderForm(item: unknown): { name: string; callbacks: readonly unknown[] }[] {
  return Object.entries(isRecord(item) ? item : {}).map(([name, own]) => ({
    name,
    callbacks: isRecord(own) && Array.isArray(own.callbacks) ? own.callbacks : [],
  }));
}

function kindOf(guardrail: unknown): string | undefined {
  const parameters = isRecord(guardrail) ? guardrail.litellm_params : undefined;
  return isRecord(parameters) && typeof parameters.guardrail === "string" ? parameters.guardrail : undefined;
}

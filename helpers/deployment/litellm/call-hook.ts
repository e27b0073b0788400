import type { Deployment } from "../types.ts";
import { hookLine, type LiteLLMBlame } from "./module-lines.ts";

/**
 * Where the deployment decides which tools a key may call: the hook in the operator's module, or LiteLLM's config where its
 * `callbacks` name no object of a module, so that no hook is called. Undefined where the module has no hook.
 */
export function callHookLine(
  deployment: Pick<Deployment, "litellmConfig">,
): (Pick<LiteLLMBlame, "location"> & Partial<LiteLLMBlame>) | undefined {
  const location = hookLine(deployment);
  if (location === undefined) return undefined;
  const { texts, sections, customAuth = "" } = deployment.litellmConfig;
  const callbacks = texts.filter(({ path: [section, key] }) => section === "litellm_settings" && key === "callbacks");
  // `scoped_keys.server_scope` is an object of a module; `prometheus` is one of LiteLLM's own.
  if (callbacks.some(({ value }) => value.value.includes("."))) return { location };
  const module = customAuth.split(".").slice(0, -1).join(".");
  const written =
    callbacks[0]?.value.location ??
    sections.get("litellm_settings") ??
    texts.find(({ path }) => path.join(".") === "general_settings.custom_auth")?.value.location;
  return {
    cause: `litellm_settings.callbacks of LiteLLM's config names no hook, so LiteLLM never calls that of ${module}`,
    location: written ?? location,
    fix: `name the hook's object in litellm_settings.callbacks, e.g. ${module}.OBJECT`,
  };
}

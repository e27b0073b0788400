import { isRecord } from "../../core/text/json.ts";
import type { PackageSpec } from "./package-spec.ts";

/**
 * Packages that LiteLLM's own image contains and its `proxy` extra does not, by the callback that imports each. Without one,
 * LiteLLM does not start (`prometheus`, 1.77.1, measured). A run leaves out the callbacks that send to a service (`langfuse`, `otel`).
 * Source: requirements.txt of LiteLLM 1.77.1.
 */
const packagesOfCallbacks: Readonly<Record<string, readonly PackageSpec[]>> = {
  prometheus: [{ ecosystem: "pypi", name: "prometheus_client", version: "0.20.0" }],
};

/** The same for guardrails, by `litellm_params.guardrail`: without it every request is answered with 500 (1.101.4, measured). */
const packagesOfGuardrails: Readonly<Record<string, readonly PackageSpec[]>> = {
  "hide-secrets": [{ ecosystem: "pypi", name: "detect-secrets", version: "1.5.0" }],
};

/**
 * The packages that the callbacks and guardrails of a LiteLLM config need.
 *
 * @param document the config as plain data
 */
export function packagesOfConfig(document: Readonly<Record<string, unknown>>): PackageSpec[] {
  const { litellm_settings: settings, guardrails } = document;
  const callbacks = Object.entries(isRecord(settings) ? settings : {}).flatMap(([key, value]) =>
    /^(?:callbacks|success_callback|failure_callback|service_callback)$/.test(key) && Array.isArray(value)
      ? value.map(String)
      : [],
  );
  const guards = (Array.isArray(guardrails) ? guardrails : []).flatMap((guardrail) => {
    const params = isRecord(guardrail) ? guardrail.litellm_params : undefined;
    return isRecord(params) && typeof params.guardrail === "string" ? params.guardrail : [];
  });
  const packagesOf = (names: readonly string[], known: typeof packagesOfCallbacks): PackageSpec[] =>
    [...new Set(names)].toSorted().flatMap((name) => known[name] ?? []);
  return [...packagesOf(callbacks, packagesOfCallbacks), ...packagesOf(guards, packagesOfGuardrails)];
}

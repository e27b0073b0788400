import type { PackageSpec } from "./package-spec.ts";

/**
 * Packages that LiteLLM's own image contains and its `proxy` extra does not, by the callback that imports each. Without one,
 * LiteLLM does not start (`prometheus`, 1.77.1, measured). Source: requirements.txt of LiteLLM 1.77.1.
 */
const packagesOfCallbacks: Readonly<Record<string, readonly PackageSpec[]>> = {
  prometheus: [{ ecosystem: "pypi", name: "prometheus_client", version: "0.20.0" }],
  langfuse: [{ ecosystem: "pypi", name: "langfuse", version: "2.59.7" }],
  otel: ["opentelemetry-api", "opentelemetry-sdk", "opentelemetry-exporter-otlp"].map((name) => ({
    ecosystem: "pypi",
    name,
    version: "1.25.0",
  })),
};

/**
 * The packages that the callbacks of a LiteLLM config need.
 *
 * @param document the config as plain data
 */
export function callbackPackages(document: Readonly<Record<string, unknown>>): PackageSpec[] {
  const { litellm_settings: settings } = document;
  if (typeof settings !== "object" || settings === null) return [];
  const named = Object.entries(settings).flatMap(([key, value]) =>
    /^(?:callbacks|success_callback|failure_callback|service_callback)$/.test(key) && Array.isArray(value)
      ? value.map(String)
      : [],
  );
  return [...new Set(named)].toSorted().flatMap((name) => packagesOfCallbacks[name] ?? []);
}

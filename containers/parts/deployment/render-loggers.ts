import { isRecord } from "../../../helpers/core/text/json.ts";
import type { RenderedChange } from "../../../helpers/run/run-record.ts";

/**
 * Callbacks that send what LiteLLM logs to a service. Every other callback runs in LiteLLM's own process, or is a module of the
 * operator's. Source: litellm 1.77.1 and 1.106.2, litellm_core_utils/litellm_logging.py.
 */
const remoteLoggers: ReadonlySet<string> = new Set(
  (
    "agentops argilla arize arize_phoenix athina aws_sqs azure_sentinel azure_storage braintrust clickhouse cloudzero datadog " +
    "datadog_llm_observability datadog_metrics deepeval dynamodb focus galileo gcs_bucket gcs_pubsub generic_api greenscale helicone " +
    "humanloop lago langfuse langfuse_otel langsmith langtrace levo literalai logfire lunary mavvrik mlflow newrelic openmeter opik " +
    "otel pagerduty pointfive posthog promptlayer resend_email s3 s3_v2 sendgrid_email sentry signoz slack smtp_email supabase " +
    "traceloop vantage wandb weave_otel zerobus"
  ).split(" "),
);

/** The lists of `litellm_settings` that name callbacks. */
const lists = ["callbacks", "success_callback", "failure_callback", "service_callback", "audit_log_callbacks"];

/**
 * Leaves out the loggers whose service a run does not have: they would try to reach it, and some need a package that only LiteLLM's own
 * image has.
 *
 * @param config changed in place
 * @param file its name, for the list of changes
 */
export function leaveOutRemoteLoggers(config: Record<string, unknown>, file: string): RenderedChange[] {
  const settings = isRecord(config.litellm_settings) ? config.litellm_settings : {};
  return lists.flatMap((list) => {
    const { [list]: written } = settings;
    const callbacks: unknown[] = Array.isArray(written) ? written : typeof written === "string" ? [written] : [];
    const left = callbacks.filter((callback) => remoteLoggers.has(String(callback).toLowerCase()));
    if (left.length === 0) return [];
    settings[list] = callbacks.filter((callback) => !left.includes(callback));
    return [
      {
        where: `${file}:litellm_settings.${list}`,
        what: `left out ${left.join(", ")}`,
        why: "a run has no service that LiteLLM's logs are sent to: what is logged there is not proved",
      },
    ];
  });
}

/** What LiteLLM's answer to the status poll says about the key that came with it. */
export type KeyStatus = "accepted" | "unknown" | "no-right" | "missing" | "no-database" | "no-route" | "other";

/**
 * Reads LiteLLM's answer to a poll (BerriAI/litellm, `user_api_key_auth`; measured on 1.77.1 and 1.106.2).
 *
 * @param sent whether the poll carried a key
 */
export function keyStatus(status: number | undefined, body: string, sent: "a-key" | "no-key" = "a-key"): KeyStatus {
  if (status === 200 && isPollAnswer(body)) return "accepted";
  if (status === 400 && /No connected db/i.test(body)) return "no-database";
  if (status === 401) return sent === "no-key" ? "missing" : "unknown";
  if (status === 403 || (status === 500 && /not allowed|allowed_routes/i.test(body))) return "no-right";
  if (status === 404) return "no-route";
  return "other";
}

/** Each key status as a sentence for an operator. */
export const keyStatusText: Readonly<Record<KeyStatus, string>> = {
  accepted: "LiteLLM accepts the key for this route",
  unknown: "LiteLLM answers 401: no key is injected, or LiteLLM does not know the injected key",
  "no-right": "LiteLLM knows the key, and the key has no right to this route",
  missing: "LiteLLM answers 401: the request carried no key",
  "no-database":
    "LiteLLM answers 400 'No connected db.': without a database it cannot look the key up, and knows only the master key; " +
    "the answer does not mean that no job is scheduled",
  "no-route": "no router takes the path: the injecting router's rule does not match it",
  other: "the answer is not one that LiteLLM gives to its status poll",
};

/** LiteLLM's answer to an accepted key: `{"scheduled":false,…}`. */
function isPollAnswer(body: string): boolean {
  try {
    return typeof (JSON.parse(body) as { scheduled?: unknown }).scheduled === "boolean";
  } catch {
    return false;
  }
}

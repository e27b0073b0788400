/** What LiteLLM's answer to the status poll says of the key that came with it. */
export type KeyStanding = "accepted" | "unknown" | "no-right" | "missing" | "no-database" | "no-route" | "other";

/** Reads LiteLLM's answer to a poll (BerriAI/litellm, `user_api_key_auth`; measured on 1.77.1 and 1.106.2). */
export function keyStanding(status: number | undefined, body: string, sent: "a-key" | "no-key" = "a-key"): KeyStanding {
  if (status === 200 && isStatus(body)) return "accepted";
  if (status === 400 && /No connected db/i.test(body)) return "no-database";
  if (status === 401) return sent === "no-key" ? "missing" : "unknown";
  if (status === 403 || (status === 500 && /not allowed|allowed_routes/i.test(body))) return "no-right";
  if (status === 404) return "no-route";
  return "other";
}

/** The standing in words, for whoever runs the gateway. */
export const standingText: Readonly<Record<KeyStanding, string>> = {
  accepted: "LiteLLM accepts the key for this route",
  unknown: "LiteLLM answers 401: no key is injected, or LiteLLM does not know the one that is",
  "no-right": "LiteLLM knows the key, and the key has no right to this route",
  missing: "LiteLLM answers 401: no key came with the request",
  "no-database":
    "LiteLLM answers 400 'No connected db.': it has no database in which to look the key up, so it knows none but the master key; " +
    "it does not say that no job is queued",
  "no-route": "no router takes the path: the injecting router's rule does not match it",
  other: "the answer is not one of LiteLLM's status poll",
};

/** LiteLLM's answer to an accepted key: `{"scheduled":false,…}`. */
function isStatus(body: string): boolean {
  try {
    return typeof (JSON.parse(body) as { scheduled?: unknown }).scheduled === "boolean";
  } catch {
    return false;
  }
}

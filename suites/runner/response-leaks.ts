import { secretsIn } from "../../helpers/core/text/redaction.ts";
import type { Exchange } from "../../helpers/protocol/exchange.ts";
import type { Leak } from "../../helpers/run/run-record.ts";

/** Secrets in responses: redacted in the evidence, they would be found by nobody afterwards. */
export function responseLeaks(exchanges: readonly Exchange[], secrets: ReadonlyMap<string, string>): Leak[] {
  return exchanges.flatMap(({ request, response }) =>
    secretsIn(JSON.stringify(response ?? {}), secrets).map((secret) => ({
      secret,
      location: `the answer ${response?.status} to ${request.method} ${new URL(request.url.split(" ")[0] ?? "").pathname}`,
    })),
  );
}

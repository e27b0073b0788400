import { secretsIn } from "../helpers/redaction.ts";
import type { Leak } from "../helpers/run-record.ts";
import type { Exchange } from "../helpers/wire/exchange.ts";

/** Secrets in responses: redacted in the evidence, they would be found by nobody afterwards. */
export function sightings(exchanges: readonly Exchange[], secrets: ReadonlyMap<string, string>): Leak[] {
  return exchanges.flatMap(({ request, response }) =>
    secretsIn(JSON.stringify(response ?? {}), secrets).map((secret) => ({
      secret,
      place: `the answer ${response?.status} to ${request.method} ${new URL(request.url.split(" ")[0] ?? "").pathname}`,
    })),
  );
}

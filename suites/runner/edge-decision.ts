import type { ComparedCase } from "../../helpers/checks/comparison.ts";
import type { Exchange } from "../../helpers/protocol/exchange.ts";
import type { Check } from "./check.ts";

/**
 * A judged request at the edge as a case of the report's matrix: what the check tries, by the host and the credential.
 * Undefined for a request whose answer was not judged by itself.
 */
export function edgeDecision(
  { id, title }: Pick<Check, "id" | "title">,
  { judgement, request }: Exchange,
): ComparedCase | undefined {
  if (judgement === undefined) return undefined;
  // A request that was sent as bytes has its target behind the URL.
  const url = request.url.split(" ")[0] ?? "";
  if (!URL.canParse(url)) return undefined;
  const { host } = new URL(url);
  return { row: `${id.split("/")[0]}: ${title}`, column: `${host}, ${credentialOf(request)}`, ...judgement };
}

function credentialOf({ headers }: Exchange["request"]): string {
  const values = headers.flatMap(([name, value]) => (name.toLowerCase() === "authorization" ? [value] : []));
  if (values.length === 0) return "no credential";
  return values.length === 1 && /^Bearer \S+$/.test(values[0] ?? "") ? "Bearer key" : "another credential";
}

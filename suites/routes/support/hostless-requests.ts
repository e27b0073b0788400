import {
  type Alternative,
  alternativeText,
  type Condition,
  type RuleRequest,
  witnessesOf,
} from "../../../helpers/deployment/traefik/rules/witness.ts";
import { listedAlternatives } from "./listed-alternatives.ts";

/** A request to a host that nobody has, which a rule matches because it names no host, or names one in other alternatives only. */
export interface HostlessRequest {
  request: Pick<RuleRequest, "method" | "path" | "headers" | "query">;
  cause: string;
  fix: string;
}

/** More requests for one rule show nothing new. */
const mostRequests = 20;

/**
 * Requests to a host that nobody has, one for each alternative of a rule that names no host. Empty where every alternative names one.
 *
 * @param host a host that no rule names
 * @returns why it is not known whether such an alternative exists: a rule that version 3 has no equal of, or one with too many
 */
export function hostlessRequests(rule: string, host: string): HostlessRequest[] | { untried: string } {
  const alternatives = listedAlternatives(rule, namesNoHost);
  if ("untried" in alternatives) return alternatives;
  const isWhole = !/\bHost\w*\(/.test(rule);
  return alternatives.slice(0, mostRequests).map((alternative) => ({
    request: requestFor(alternative, host),
    cause: isWhole
      ? `its rule names no host: ${rule}`
      : `${alternativeText(alternative)} alone satisfies its rule, for every host: && comes before ||`,
    fix: isWhole
      ? "add Host(`…`) to the rule, or remove the router"
      : "put the alternatives in parentheses behind the host: Host(`…`) && (… || …)",
  }));
}

function namesNoHost({ name }: Condition): boolean {
  return !name.startsWith("Host");
}

/** What satisfies an alternative; its path alone where the alternative also asks for what no request of a run has. */
function requestFor(alternative: Alternative, host: string): HostlessRequest["request"] {
  const witnesses = witnessesOf(alternative, { hosts: [host], paths: ["/"], client: undefined });
  const [request] = "requests" in witnesses ? witnesses.requests : [];
  const path = alternative.find(({ name, negated }) => !negated && /^Path(Prefix)?$/.test(name))?.args[0] ?? "/";
  return request ?? { method: "GET", path, headers: [], query: [] };
}

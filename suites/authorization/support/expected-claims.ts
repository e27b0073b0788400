import type { FailureDetails } from "../../../helpers/checks/check-failure.ts";
import type { Deployment } from "../../../helpers/deployment/types.ts";

/** What a right token says of itself. */
interface RightClaims {
  issuer: string;
  audience: string;
}

/**
 * Why LiteLLM refuses a right token: a variable of its environment, named after the audience or the issuer, has another value.
 * Undefined where none has.
 */
export function otherExpectedClaim(
  { litellm }: Pick<Deployment, "litellm">,
  { issuer, audience }: RightClaims,
): (Pick<FailureDetails, "location" | "fix"> & { cause: string }) | undefined {
  for (const [name, { value, location }] of litellm.environment) {
    const claim = /(?:^|_)(AUD|AUDIENCES?|ISS|ISSUERS?)$/i.exec(name)?.[1];
    if (claim === undefined || value === "") continue;
    const isAudience = /^aud/i.test(claim);
    const wanted = isAudience ? audience : issuer;
    if (value.split(/[\s,]+/).includes(wanted)) continue;
    return {
      cause: `${name} is '${value}', and the ${isAudience ? "audience" : "issuer"} of a right token is '${wanted}'`,
      location,
      fix: `write '${wanted}'`,
    };
  }
  return undefined;
}

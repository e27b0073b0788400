import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import type { Policy, PublicPath } from "../../../helpers/deployment/types.ts";

/**
 * A public path, for checks that need any one.
 *
 * @throws {CheckFailure} when the policy names none: nothing can be judged then
 */
export function anyPublicPath({ publicPaths, file }: Policy): PublicPath {
  const [first] = publicPaths;
  if (first !== undefined) return first;
  throw new CheckFailure({
    summary: "the policy names no public path",
    code: "no-public-path",
    expected: "at least one public path in the policy",
    actual: "none",
    location: { file, line: 1 },
    fix: "list the paths that need no key under 'public'",
  });
}

import type { SourceLocation } from "../source/location.ts";
import { middlewaresOf } from "./causes.ts";
import type { TraefikMiddleware, TraefikRouter } from "./dynamic/dynamic.ts";
import type { TraefikModel } from "./model.ts";

/** Why a credential is not where it belongs, by the middleware that adds it. */
export interface MisplacedCredential {
  /** One sentence. */
  cause: string;
  location: SourceLocation;
  /** As an imperative. */
  fix: string;
}

/** A header that a middleware of the kind `headers` sets. */
interface SetHeader {
  middleware: string;
  /** As written, e.g. `X-Authorization`. */
  header: string;
  value: string;
  location: SourceLocation;
}

/**
 * The middleware that adds a secret to the answers, so that every caller of its routers gets it; undefined where none does.
 *
 * @param holdsSecret whether a header's value discloses the secret
 */
export function secretInAnswers(
  { middlewares }: Pick<TraefikModel, "middlewares">,
  holdsSecret: (value: string) => boolean,
): MisplacedCredential | undefined {
  const found = headersOf(middlewares, "customresponseheaders").find(({ value }) => holdsSecret(value));
  return (
    found && {
      cause: `the middleware ${found.middleware} adds the header ${found.header} to the answer (customResponseHeaders): whoever sends a request gets its value`,
      location: found.location,
      fix: "remove the header, or write customRequestHeaders if LiteLLM is to get it",
    }
  );
}

/**
 * Why a router's requests have no credential in `Authorization`, although a middleware of the router adds it: in another header, or
 * in the answer. Undefined where no middleware adds it, and where one adds it as it should.
 *
 * @param holdsCredential whether a header's value discloses the credential
 */
export function misplacedCredential(
  model: TraefikModel,
  router: TraefikRouter,
  holdsCredential: (value: string) => boolean,
): MisplacedCredential | undefined {
  const own = middlewaresOf(model, router);
  const added = headersOf(own, "customrequestheaders").filter(({ value }) => holdsCredential(value));
  if (added.some(({ header }) => header.toLowerCase() === "authorization")) return undefined;
  const [other] = added;
  if (other === undefined) return secretInAnswers({ middlewares: own }, holdsCredential);
  return {
    cause: `the middleware ${other.middleware} of the router ${router.name} adds the key as ${other.header}, not as Authorization`,
    location: other.location,
    fix: "write Authorization in customRequestHeaders",
  };
}

function headersOf(
  middlewares: readonly TraefikMiddleware[],
  kind: "customrequestheaders" | "customresponseheaders",
): SetHeader[] {
  const prefix = `headers.${kind}.`;
  return middlewares.flatMap(({ name: middleware, options }) =>
    [...options].flatMap(([key, { value, location }]) =>
      key.startsWith(prefix) ? [{ middleware, header: key.slice(prefix.length), value, location }] : [],
    ),
  );
}

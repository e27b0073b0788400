import { secretForms, secretsIn } from "../../helpers/core/text/redaction.ts";
import { secretInAnswers } from "../../helpers/deployment/traefik/header-options.ts";
import type { TraefikModel } from "../../helpers/deployment/traefik/model.ts";
import type { Deployment } from "../../helpers/deployment/types.ts";
import type { Exchange } from "../../helpers/protocol/exchange.ts";
import type { Leak } from "../../helpers/run/run-record.ts";

/**
 * Secrets in responses: redacted in the evidence, they would be found by nobody afterwards.
 *
 * @param deployment whose Traefik may have added them to its answers
 */
export function responseLeaks(
  exchanges: readonly Exchange[],
  secrets: ReadonlyMap<string, string>,
  deployment?: Pick<Deployment, "traefikModel">,
): Leak[] {
  const model = deployment?.traefikModel;
  return exchanges.flatMap(({ request, response }) =>
    secretsIn(JSON.stringify(response ?? {}), secrets).map((secret) => {
      const at = model && lineThatAdds(secret, JSON.stringify(response?.headers), secrets, model);
      return {
        secret,
        location: `the answer ${response?.status} to ${request.method} ${new URL(request.url.split(" ")[0] ?? "").pathname}`,
        ...(at === undefined ? {} : { at }),
      };
    }),
  );
}

/** The line by which Traefik adds a secret to the headers of its answers. */
function lineThatAdds(
  name: string,
  headers: string,
  secrets: ReadonlyMap<string, string>,
  model: TraefikModel,
): Leak["at"] {
  const forms = secretForms(new Map([[name, secrets.get(name) ?? ""]]));
  const holdsSecret = (text: string): boolean => forms.some(([, form]) => text.includes(form));
  return holdsSecret(headers) ? secretInAnswers(model, holdsSecret)?.location : undefined;
}

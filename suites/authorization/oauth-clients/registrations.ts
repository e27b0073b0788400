import type { Login } from "../../../containers/targets/login.ts";

/** How a client becomes known to the provider. */
export interface RegistrationKind {
  /** As the policy names it. */
  kind: string;
  /** In the report's table. */
  title: string;
  /** Undefined: the client registers itself. */
  clientId: string | undefined;
  /** The check of the same login by the suite's own client. */
  check: string;
}

/** The kinds that the policy allows. */
export function registrations({ authorization: { registration, client } }: Login): RegistrationKind[] {
  return registration.map((kind) => {
    const clientId = kind === "dynamic" ? undefined : client.id;
    const check = kind === "dynamic" ? "AUTH-04/dynamic-client" : "AUTH-04/pre-registered-client";
    return { kind, title: registrationTitle(clientId), clientId, check };
  });
}

/** How a client becomes known, as the report's table has it. */
export function registrationTitle(clientId: string | undefined): string {
  return clientId === undefined ? "registers itself" : `as ${clientId}`;
}

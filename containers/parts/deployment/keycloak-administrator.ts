import { request } from "undici";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { EnvironmentError } from "../../../helpers/core/errors.ts";
import { servicePlace } from "../../../helpers/deployment/compose/file-names.ts";
import type { ComposeService } from "../../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../../helpers/run/run-record.ts";
import type { PartHandle } from "../part.ts";

/** The administrator in the database of the suite's own image; see contexts/keycloak/prepare.sh. */
const ownAdministrator = { name: "image-admin", password: "image-admin" };

/** Whoever may call Keycloak's API: login name and password. */
interface Administrator {
  name: string;
  password: string;
}

/**
 * The administrator that the deployment's Keycloak makes when its database is new; undefined where its environment names none.
 */
export function bootstrapAdministrator({ environment }: ComposeService): Administrator | undefined {
  const name = environment.get("KC_BOOTSTRAP_ADMIN_USERNAME")?.value;
  const password = environment.get("KC_BOOTSTRAP_ADMIN_PASSWORD")?.value;
  return name === undefined || password === undefined ? undefined : { name, password };
}

/** What {@link makeAdministrator} changes, for the report. */
export function administratorChange(service: ComposeService): RenderedChange {
  return {
    where: servicePlace(service, "environment"),
    what: "the bootstrap administrator is made by Keycloak's own API",
    why: "Keycloak makes it for a new database only, and the suite's image has one with its tables",
  };
}

/**
 * Makes the deployment's bootstrap administrator in a Keycloak of the suite's own image. One that is there already is left as it is.
 *
 * @param port on which Keycloak listens in its container
 * @param as who does it
 * @throws {EnvironmentError} when Keycloak refuses
 */
export async function makeAdministrator(
  keycloak: Pick<PartHandle, "name" | "host" | "ports">,
  port: number,
  { name, password }: Administrator,
  as: Administrator = ownAdministrator,
): Promise<void> {
  const base = `http://${keycloak.host}:${keycloak.ports[port]}`;
  const ask = async (method: "GET" | "POST", path: string, headers: Record<string, string>, body?: string) => {
    const response = await request(`${base}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      headersTimeout: deadlines.login,
      bodyTimeout: deadlines.login,
    });
    return { status: response.statusCode, headers: response.headers, text: await response.body.text() };
  };
  const expectDone = (what: string, { status, text }: { status: number; text: string }): void => {
    if (status < 300) return;
    throw new EnvironmentError(`Keycloak does not make its administrator: ${what}: ${status} ${text.slice(0, 200)}`, {
      part: keycloak.name,
    });
  };
  const token = await ask(
    "POST",
    "/realms/master/protocol/openid-connect/token",
    { "Content-Type": "application/x-www-form-urlencoded" },
    new URLSearchParams({
      grant_type: "password",
      client_id: "admin-cli",
      username: as.name,
      password: as.password,
    }).toString(),
  );
  expectDone("the image's own can't log in", token);
  const { access_token: access } = JSON.parse(token.text) as { access_token: string };
  const headers = { Authorization: `Bearer ${access}`, "Content-Type": "application/json" };
  const user = {
    username: name,
    enabled: true,
    email: "admin@example.com",
    emailVerified: true,
    firstName: "Admin",
    lastName: "Admin",
    credentials: [{ type: "password", value: password, temporary: false }],
  };
  const made = await ask("POST", "/admin/realms/master/users", headers, JSON.stringify(user));
  // A part that mutation testing keeps has it.
  if (made.status === 409) return;
  expectDone("its user", made);
  const id = String(made.headers.location ?? "").replace(/^.*\//, "");
  const role = await ask("GET", "/admin/realms/master/roles/admin", headers);
  expectDone("the role", role);
  const mapped = await ask("POST", `/admin/realms/master/users/${id}/role-mappings/realm`, headers, `[${role.text}]`);
  expectDone("its role", mapped);
}

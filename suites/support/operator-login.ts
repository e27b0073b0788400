import type { GatewayTarget } from "../../containers/targets/needs.ts";
import { isMessage } from "../../helpers/protocol/json-rpc.ts";
import type { Evidence } from "../runner/evidence.ts";

/** Variables by which LiteLLM's UI leaves the login to somebody else. Source: proxy/management_endpoints/ui_sso.py. */
const singleSignOn = ["GOOGLE_CLIENT_ID", "MICROSOFT_CLIENT_ID", "GENERIC_CLIENT_ID"] as const;

/**
 * The operator's own login to LiteLLM's UI.
 *
 * @throws {NotSupported} where the deployment has another login than a name and a password
 */
export function operatorLogin({ deployment, masterKey }: GatewayTarget, evidence: Evidence) {
  const { environment } = deployment.litellm;
  const other = singleSignOn.find((name) => environment.get(name)?.value);
  if (other !== undefined) evidence.notSupported(`the UI's login is single sign-on (${other})`);
  const { general_settings: settings } = deployment.litellmConfig.document;
  if (isMessage(settings) && settings.disable_env_credential_login === true)
    evidence.notSupported("the login with UI_USERNAME and UI_PASSWORD is turned off (disable_env_credential_login)");
  return {
    user: environment.get("UI_USERNAME")?.value ?? "admin",
    password: environment.get("UI_PASSWORD")?.value ?? masterKey,
  };
}

import { checkLogin } from "./check-login.ts";
import { codex, inspector } from "./oauth-clients.ts";

for (const client of [codex, inspector]) checkLogin(client, { slow: false });

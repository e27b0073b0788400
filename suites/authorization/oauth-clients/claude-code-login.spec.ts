import { checkLogin } from "./check-login.ts";
import { claudeCode } from "./oauth-clients.ts";

checkLogin(claudeCode, { slow: false });

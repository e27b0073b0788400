import { checkLogin } from "./check-login.ts";
import { pythonSdk2 } from "./oauth-clients.ts";

checkLogin(pythonSdk2, { slow: true });

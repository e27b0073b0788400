import { checkLogin } from "./check-login.ts";
import { pythonSdk1 } from "./oauth-clients.ts";

checkLogin(pythonSdk1, { slow: true });

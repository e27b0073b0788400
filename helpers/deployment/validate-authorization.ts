import { suggest } from "../core/text/nearest.ts";
import { composeFileNames } from "./compose/file-names.ts";
import type { Facts } from "./facts.ts";
import type { Policy } from "./policy/types.ts";
import type { FaultList } from "./source/fault-list.ts";

/** Reports names in the policy's `authorization` that the deployment does not have. */
export function checkAuthorization(policy: Policy, { folder, compose, serviceNames }: Facts, faults: FaultList): void {
  const { authorization } = policy;
  if (authorization === undefined || compose === undefined) return;
  const { location, user, admin } = authorization;
  for (const role of ["provider", "proxy"] as const) {
    const name = authorization[role];
    if (serviceNames.includes(name)) continue;
    faults.add(
      location,
      `authorization.${role} is '${name}', which is not in ${composeFileNames(compose, folder)}`,
      suggest(name, serviceNames, `name one of ${serviceNames.join(", ")}`),
    );
  }
  const passwords = policy.secrets.filter(({ kind }) => kind === "password").map(({ name }) => name);
  for (const { password } of [user, ...(admin === undefined ? [] : [admin])]) {
    if (passwords.includes(password)) continue;
    faults.add(
      location,
      `'${password}' is not a password of 'secrets'`,
      suggest(
        password,
        passwords,
        "add it to 'secrets' with 'kind: password', and give it to the provider by a variable",
      ),
    );
  }
  const rules = policy.hosts.flatMap(({ access = [] }) => access.filter(({ who }) => who === "login"));
  const isKnown = serviceNames.includes(authorization.proxy);
  if (isKnown && !rules.some(({ service }) => service === authorization.proxy))
    faults.add(
      location,
      `no 'login' rule of a host names the service '${authorization.proxy}'`,
      "add one to the 'access' of the host that people use, or correct 'proxy'",
    );
}

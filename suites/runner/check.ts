import type { GatewayCapability, Need, TargetsFor } from "../../containers/targets/needs.ts";
import { assertKnown, type RequirementId } from "../../helpers/requirements/requirements.ts";
import type { Evidence } from "./evidence.ts";

/** `ROUTE-03/look-alike-paths`: the first requirement that it proves, and what it tries. Never reused for another check. */
export type CheckId = `${RequirementId}/${string}`;

/** What a check gets: the targets that it needs, and a place for its evidence. */
export type CheckContext<N extends Need> = TargetsFor<N> & { evidence: Evidence };

/** A check as its spec file declares it. */
export interface CheckDefinition<N extends Need> {
  id: CheckId;
  /** What it proves; unknown ids, or none, are an error when the file is loaded. */
  requirements: readonly RequirementId[];
  /** What holds, in one sentence. */
  title: string;
  /** Targets and capabilities; without one of them the check is not tested, and says what it needs. */
  needs: readonly N[];
  /** It waits for time-outs of the gateway, half a minute and more: it starts before others, so that no run waits for it at its end. */
  slow?: boolean;
  /** It takes away or changes what other checks use: it runs when all of them are over, before the final ones. */
  alone?: boolean;
  run(context: CheckContext<N>): Promise<void>;
}

/** A check, whatever it needs. */
export interface Check {
  id: CheckId;
  requirements: readonly RequirementId[];
  title: string;
  needs: readonly Need[];
  slow: boolean;
  alone: boolean;
  /** @param context holds what {@link needs} names */
  run(context: Readonly<Record<string, unknown>> & { evidence: Evidence }): Promise<void>;
}

type Register = (check: Check) => void;

/**
 * Kept by the process and not by this module: vitest loads its configuration, its reporters and its set-up by loaders of
 * their own, so that one process may have this module several times.
 */
const process = globalThis as { gatewayConformanceRegister?: Register };

/**
 * Says who takes the checks that spec files declare from now on: vitest's adapter in a run's workers, `loadChecks`
 * elsewhere.
 */
export function registerWith(register: Register): void {
  process.gatewayConformanceRegister = register;
}

const idForm = /^[A-Z]+-\d{2}\/[a-z0-9]+(?:[-.][a-z0-9]+)*$/;

/**
 * Declares a check.
 *
 * @throws {Error} for a malformed id, an id that does not begin with the check's first requirement, and unknown requirements
 */
export function check<const N extends Need>(definition: CheckDefinition<N>): void {
  const { id, requirements, needs, slow = false, alone = false } = definition;
  if (!idForm.test(id)) throw new Error(`${id} is not a check's id; write one like ROUTE-03/look-alike-paths`);
  assertKnown(requirements);
  if (!id.startsWith(`${requirements[0]}/`))
    throw new Error(`${id}: a check's id begins with its first requirement, ${requirements[0]}`);
  assertCapabilitiesHaveTarget(id, needs);
  const register = process.gatewayConformanceRegister;
  if (register === undefined)
    throw new Error(`nothing takes the check ${id}: load its file with loadChecks() or run it with vitest`);
  register({
    ...definition,
    needs,
    slow,
    alone,
    // The executor hands over exactly what `needs` names.
    run: (context) => definition.run(context as CheckContext<N>),
  });
}

const withoutGateway: ReadonlySet<Need> = new Set<Exclude<Need, GatewayCapability>>([
  "edge",
  "gateway",
  "clients",
  "reachability",
  "testGateway",
  "restartableGateway",
  "login",
  "loginClients",
  "secretSearch",
  "heavy-clients",
]);

function assertCapabilitiesHaveTarget(id: string, needs: readonly Need[]): void {
  if (needs.includes("gateway")) return;
  const capability = needs.find((need) => !withoutGateway.has(need));
  if (capability !== undefined) throw new Error(`${id} needs ${capability} of a gateway, and does not need "gateway"`);
}

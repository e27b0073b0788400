import type { SourceLocation } from "../../source/location.ts";
import { type SecretKind, secretKind } from "../sections/secret-kinds.ts";
import type { VariableUse } from "./variable-uses.ts";

/** A secret without which compose refuses to start (`${LITELLM_MASTER_KEY:?}`), and that the shell has to set. */
export interface DemandedSecret {
  name: string;
  kind: SecretKind;
  /** The first use. */
  location: SourceLocation;
}

/** The secrets among the variables that compose demands, by their names or by the keys of services' environments that they fill. */
export function demandedSecrets(open: readonly (readonly [string, VariableUse])[]): DemandedSecret[] {
  return open.flatMap(([name, { isRequired, location, fills }]) => {
    const [kind] = [name, ...fills].flatMap((one) => secretKind(one, "") ?? []);
    return isRequired && kind !== undefined && location !== undefined ? [{ name, kind, location }] : [];
  });
}

/**
 * One way in which a candidate differs from what was approved. `dependency`: another version of a package that the candidate file
 * does not name, as its authors release it; other files under the same version are a `version`.
 */
export interface Difference {
  kind:
    | "version"
    | "dependency"
    | "tool-added"
    | "tool-removed"
    | "description"
    | "schema"
    | "annotations"
    | "instructions"
    | "other";
  /** In one line, with both values. */
  text: string;
}

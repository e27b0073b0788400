/** One way in which a candidate differs from what was approved. */
export interface Difference {
  kind: "version" | "tool-added" | "tool-removed" | "description" | "schema" | "annotations" | "instructions" | "other";
  /** In one line, with both values. */
  text: string;
}

import type { SourceLocation } from "../../source/location.ts";

/** Names that labels and static options take from the file provider, each with the first place that does. */
export interface NamesOfFiles {
  middlewares: ReadonlyMap<string, SourceLocation>;
  services: ReadonlyMap<string, SourceLocation>;
  tlsOptions: ReadonlyMap<string, SourceLocation>;
}

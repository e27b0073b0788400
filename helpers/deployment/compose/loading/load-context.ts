import type { FaultList } from "../../source/fault-list.ts";
import type { HostFiles } from "../../source/host-files.ts";
import type { LiteralSecrets } from "../../source/literal-secrets.ts";
import type { SourceLocation } from "../../source/location.ts";
import type { NoteList } from "../../source/note-list.ts";
import type { EnvFiles } from "../environment/env-files.ts";
import type { TextBudget } from "./interpolate-tree.ts";
import type { ComposeSources } from "./sources.ts";

/** More than any deployment includes. */
export const MAX_INCLUDES = 500;

/** What loading compose files needs of the rest of the deployment. */
export interface LoadContext {
  sources: ComposeSources;
  envFiles: EnvFiles;
  host: HostFiles;
  secrets: LiteralSecrets;
  faults: FaultList;
  notes: NoteList;
  budget: TextBudget;
  /** How many more files may be included, all in all: a file that includes two that include two grows without bound. */
  includes: { left: number };
  /** Where the file that is being read is named; undefined for a file of the policy or of the folder. */
  namedAt?: SourceLocation | undefined;
}

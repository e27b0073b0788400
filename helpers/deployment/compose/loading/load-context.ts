import type { FaultList } from "../../source/fault-list.ts";
import type { HostFiles } from "../../source/host-files.ts";
import type { LiteralSecrets } from "../../source/literal-secrets.ts";
import type { SourceLocation } from "../../source/location.ts";
import type { NoteList } from "../../source/note-list.ts";
import type { EnvFiles } from "../environment/env-files.ts";
import type { ComposeSources } from "./sources.ts";

/** What loading compose files needs of the rest of the deployment. */
export interface LoadContext {
  sources: ComposeSources;
  envFiles: EnvFiles;
  host: HostFiles;
  secrets: LiteralSecrets;
  faults: FaultList;
  notes: NoteList;
  /** Where the file that is being read is named; undefined for a file of the policy or of the folder. */
  namedAt?: SourceLocation | undefined;
}

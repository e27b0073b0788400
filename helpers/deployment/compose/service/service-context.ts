import type { FaultList } from "../../source/fault-list.ts";
import type { HostFiles } from "../../source/host-files.ts";
import type { NoteList } from "../../source/note-list.ts";
import type { EnvFiles } from "../environment/env-files.ts";
import type { ProjectVariables } from "../environment/project-variables.ts";
import type { ComposeFileSource, ComposeNetwork, ComposeVolume } from "../types.ts";
import type { TextOf } from "./values.ts";

/** What reading a service needs of its project. */
export interface ServiceContext {
  /** The project's name. */
  project: string;
  variables: ProjectVariables;
  envFiles: EnvFiles;
  host: HostFiles;
  /** The declared networks and volumes, by key in the model. */
  networks: ReadonlyMap<string, ComposeNetwork>;
  volumes: ReadonlyMap<string, ComposeVolume>;
  /** Their names in the compose file. */
  networkNames: readonly string[];
  volumeNames: readonly string[];
  /** By name in the compose file. */
  configs: ReadonlyMap<string, ComposeFileSource>;
  secrets: ReadonlyMap<string, ComposeFileSource>;
  /** The names of the project's services, and of those that are off. */
  serviceNames: readonly string[];
  inactiveNames: readonly string[];
  /** Absolute paths of the project's files that have a service of this name. */
  filesWith(service: string): readonly string[];
  /** The keys in the model of what has a name in the compose file. */
  serviceKey(name: string): string;
  networkKey(name: string): string;
  volumeKey(name: string): string;
  textOf: TextOf;
  faults: FaultList;
  notes: NoteList;
}

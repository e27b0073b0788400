import type { FaultList } from "../../source/fault-list.ts";
import type { HostFiles } from "../../source/host-files.ts";
import type { Written } from "../../source/location.ts";
import type { NoteList } from "../../source/note-list.ts";
import type { YamlMap } from "../../source/yaml-tree.ts";
import type { EnvFiles } from "../environment/env-files.ts";
import type { ProjectVariables } from "../environment/project-variables.ts";
import type { ComposeSources } from "../loading/sources.ts";

/** A compose project that is to be read. */
export interface ProjectFiles {
  /** Undefined where the files or their folder name it. */
  name: string | undefined;
  /** Absolute path: relative paths of the project start here. */
  folder: string;
  /** Absolute paths; a later one overrides those in front of it. */
  files: readonly string[];
  /** Absolute path of the env file for interpolation; undefined for none. */
  envFile: string | undefined;
  /** Those that are on in addition to `COMPOSE_PROFILES`. */
  profiles: readonly string[];
}

/** What reading compose projects needs of the rest of the deployment. */
export interface ComposeContext {
  host: HostFiles;
  envFiles: EnvFiles;
  /** Variables of the host's shell. */
  shell: ReadonlyMap<string, Written<string>>;
  /** Secrets of the policy, which count where no file and no shell sets them. */
  declared: ReadonlyMap<string, Written<string>>;
  /** Compose secret to the value that replaces it. */
  replace: ReadonlyMap<string, string>;
  faults: FaultList;
  notes: NoteList;
}

/** A project's tree, before its services are read. */
export interface LoadedProject {
  name: string;
  files: ProjectFiles;
  variables: ProjectVariables;
  profiles: readonly string[];
  sources: ComposeSources;
  model: YamlMap;
}

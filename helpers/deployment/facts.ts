import { existsSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { readClientConfig } from "./clients/client-config.ts";
import { defaultEnvFile } from "./compose/environment/default-env-file.ts";
import { EnvFiles, type EnvFilesContext } from "./compose/environment/env-files.ts";
import { ProjectVariables } from "./compose/environment/project-variables.ts";
import { defaultComposeFiles, projectFolder } from "./compose/loading/project-files.ts";
import type { ProjectFiles } from "./compose/projects/project.ts";
import { type ReadCompose, readCompose } from "./compose/read-compose.ts";
import type { ComposeFile, ComposeService } from "./compose/types.ts";
import { type ReadLiteLLM, readLiteLLMConfig } from "./litellm/config.ts";
import { type MadeConfigContext, withMadeConfig } from "./litellm/start/made-config.ts";
import { runningVersion } from "./litellm/version.ts";
import type { ConfiguredClient, Policy } from "./policy/types.ts";
import { withBuildDefaults } from "./services/build-outline.ts";
import { withSidecarLabels } from "./services/sidecar-labels.ts";
import type { EditableYaml } from "./source/editable-yaml.ts";
import { FaultList } from "./source/fault-list.ts";
import { HostFiles } from "./source/host-files.ts";
import { type LiteralSecrets, valueOfUnset } from "./source/literal-secrets.ts";
import type { SourceLocation, Written } from "./source/location.ts";
import { NoteList } from "./source/note-list.ts";
import type { SourceFile } from "./source/source-file.ts";
import type { TraefikModel } from "./traefik/model.ts";
import { readTraefik } from "./traefik/read-traefik.ts";

/** The service that is Traefik where the policy names none. */
export const defaultTraefik = "traefik";

/** What reading needs that the files do not say: the policy names it, or a run makes it. */
export interface FactsOptions {
  /** The env file for interpolation, relative to the folder; by default `litellm.env`, else `.env`. */
  envFile?: string | undefined;
  /** The compose projects; by default what compose itself finds in the folder. */
  compose?: Policy["compose"] | undefined;
  /** Variables of the operator's shell. */
  variables?: Policy["variables"] | undefined;
  /** Absolute path on the gateway host to the absolute path of what stands for it here. */
  files?: Policy["files"] | undefined;
  /** Variables that the policy lists as secrets: one that no file sets still has a value in a run. */
  declared?: ReadonlyMap<string, SourceLocation> | undefined;
  /** Variable of an env file, or compose secret, to the value that replaces it before anything is interpolated. */
  replace?: ReadonlyMap<string, string> | undefined;
  /** Literal secret to its value as written; {@link replace} has what replaces it. */
  literals?: ReadonlyMap<string, string> | undefined;
  /** The versions that will run, where they differ from the images' tags. */
  versions?: PartVersions | undefined;
  /** Compose service to the version that the policy names for it. */
  partVersions?: ReadonlyMap<string, string> | undefined;
}

/** Versions of the parts under test. LiteLLM's decides which keys of its config are known; Traefik's decides nothing yet. */
export interface PartVersions {
  litellm?: string | undefined;
  traefik?: string | undefined;
}

/**
 * Reads what a deployment's files say; needs no policy, starts nothing. Faults are collected in {@link Facts.faults}.
 *
 * @param folder the deployment's folder
 */
export function readFacts(folder: string, options: FactsOptions = {}): Facts {
  return new Facts(resolve(folder), options);
}

/**
 * What a deployment's files say. Which services are LiteLLM and Traefik is the policy's to say: they are looked up by
 * name, and read on the first look-up.
 */
export class Facts {
  /** Absolute path of the deployment's folder. */
  readonly folder: string;
  /** What is wrong with the files that were read so far. */
  readonly faults = new FaultList();
  /** What a reader of the report should know about the files that were read so far. */
  readonly notes = new NoteList();
  readonly #env: EnvFiles;
  readonly #compose: ReadCompose | undefined;
  readonly #composeAsWritten: ComposeFile | undefined;
  /** The variables of the env files as the operator wrote them. */
  readonly #originals: ReadonlyMap<string, Written<string>>;
  /** The values in the env files of all projects as the operator wrote them. */
  readonly envValues: ReadonlySet<string>;
  readonly #isEnvKnown: boolean;
  readonly #versions: PartVersions;
  readonly #partVersions: ReadonlyMap<string, string>;
  readonly #replacements: ReadonlyMap<string, string>;
  readonly #traefik = new Map<string, { value: TraefikModel | undefined }>();
  readonly #liteLLM = new Map<string, { value: ReadLiteLLM | undefined }>();
  readonly #clients = new Map<string, { value: SourceFile | undefined }>();

  /** @param folder absolute path */
  constructor(folder: string, options: FactsOptions) {
    this.folder = folder;
    this.#versions = options.versions ?? {};
    this.#partVersions = options.partVersions ?? new Map();
    this.#replacements = options.replace ?? new Map();
    // Which values are secrets shows only once every env file is read, and replacing them takes a second reading.
    const asWritten = { replace: new Map(), faults: new FaultList(), notes: new NoteList() };
    const written = options.replace?.size ? readComposeFiles(folder, options, asWritten) : undefined;
    const { replace = new Map() } = options;
    const originals = written?.envFiles.variables;
    const { literals } = options;
    const read = readComposeFiles(folder, options, {
      replace,
      originals,
      literals,
      faults: this.faults,
      notes: this.notes,
    });
    this.#env = read.envFiles;
    this.#compose = read.compose && withStarts(read.compose, { replacements: replace, secrets: read.envFiles.secrets });
    this.#composeAsWritten = (written ?? read).compose?.compose;
    this.#originals = originals ?? read.envFiles.variables;
    this.envValues = (written ?? read).envFiles.values;
    this.#isEnvKnown = read.isEnvKnown;
  }

  /** Replaces the run's secrets in a text of the deployment. */
  get secrets(): LiteralSecrets {
    return this.#env.secrets;
  }

  /** The compose file; undefined when it could not be read. */
  get compose(): ComposeFile | undefined {
    return this.#compose?.compose;
  }

  /** {@link compose} with the secrets that the operator wrote, also where a run replaces them; without what Dockerfiles say. */
  get composeAsWritten(): ComposeFile | undefined {
    return this.#composeAsWritten;
  }

  /** The first compose file as written, for edits. */
  get composeText(): EditableYaml | undefined {
    return this.composeTexts[0];
  }

  /** Every compose file as written, for edits: those of all projects, and what they include and extend. */
  get composeTexts(): readonly EditableYaml[] {
    return this.#compose?.texts ?? [];
  }

  /** The names of all services, including those that could not be read. */
  get serviceNames(): readonly string[] {
    return this.#compose?.serviceNames ?? [];
  }

  /** The variables of the env files, after replacement. */
  get variables(): ReadonlyMap<string, Written<string>> {
    return this.#env.variables;
  }

  /** The variables of the env files as the operator wrote them; undefined when the main one could not be read. */
  get originals(): ReadonlyMap<string, Written<string>> | undefined {
    return this.#isEnvKnown ? this.#originals : undefined;
  }

  /**
   * Traefik's configuration; undefined when there is no such service.
   *
   * @param service the compose service that is Traefik
   */
  traefik(service: string | false = defaultTraefik): TraefikModel | undefined {
    if (service === false) return undefined;
    return once(this.#traefik, service, () => {
      const { compose, composeText, folder, faults, notes } = this;
      const own = compose?.services.get(service);
      if (compose === undefined || own === undefined) return undefined;
      this.requireService(own);
      return readTraefik(compose, own, { folder, text: composeText, faults, notes });
    });
  }

  /**
   * LiteLLM's config; undefined when there is no such service, or its config can't be read.
   *
   * @param service the compose service that is LiteLLM
   */
  liteLLM(service = "litellm"): ReadLiteLLM | undefined {
    return once(this.#liteLLM, service, () => {
      const own = this.compose?.services.get(service);
      if (own === undefined) return undefined;
      this.requireService(own);
      return readLiteLLMConfig(own, {
        folder: this.folder,
        secrets: this.#env.secrets,
        replacements: this.#replacements,
        variablesKnown: this.originals !== undefined,
        ...runningVersion(
          own,
          this.#versions.litellm ?? this.#partVersions.get(own.key) ?? this.#partVersions.get(own.name),
          this.notes,
        ),
        faults: this.faults,
        notes: this.notes,
      });
    });
  }

  /** The value of a variable that the policy lists as a secret, after replacement; also of one that no file sets. */
  secretValue(name: string): string {
    return this.#replacements.get(name) ?? this.variables.get(name)?.value ?? valueOfUnset(name);
  }

  /** Adds a fault for each value without which a service can't be started: for one that a run starts. */
  requireService({ missing }: ComposeService): void {
    for (const { what, fix, location } of missing) this.faults.add(location, what, fix);
  }

  /**
   * A client's config; undefined when it can't be read.
   *
   * @param hosts the names of the gateway; they count at the first call
   */
  clientConfig(
    client: Pick<ConfiguredClient, "name" | "kind" | "config">,
    hosts: readonly string[] = [],
  ): SourceFile | undefined {
    const context = { variables: this.originals, hosts };
    return once(this.#clients, client.name, () => readClientConfig(client, context, this.faults, this.notes));
  }
}

/** What Dockerfiles, start scripts and the labels of sidecars say of LiteLLM counts like what its own service says. */
function withStarts(read: ReadCompose, context: MadeConfigContext): ReadCompose {
  const { services } = read.compose;
  const own = new Map(
    [...services].map(
      ([key, service]) => [key, withMadeConfig(withBuildDefaults(service, context.secrets), context)] as const,
    ),
  );
  return { ...read, compose: withSidecarLabels({ ...read.compose, services: own }) };
}

function once<T>(known: Map<string, { value: T }>, name: string, read: () => T): T {
  const { value } = known.get(name) ?? { value: read() };
  known.set(name, { value });
  return value;
}

/** Reads the compose projects and the env files that they name. */
function readComposeFiles(
  folder: string,
  {
    envFile = defaultEnvFile(folder),
    compose: projects = [],
    variables: shell = new Map(),
    files = new Map(),
    declared: secrets = new Map(),
  }: FactsOptions,
  reading: Pick<EnvFilesContext, "replace" | "originals" | "literals" | "faults" | "notes">,
): { envFiles: EnvFiles; compose: ReadCompose | undefined; isEnvKnown: boolean } {
  const declared = new Map(
    [...secrets].map(([name, location]) => [
      name,
      { value: reading.replace.get(name) ?? valueOfUnset(name), location },
    ]),
  );
  const mapped = new Map([...files].map(([path, { value }]) => [path, value]));
  // A path that is not on this machine is one of the gateway host.
  const named = [...shell.values()].flatMap(({ value }) => (existsSync(value) ? value : []));
  const host = new HostFiles(folder, mapped, [
    ...named,
    ...projects.flatMap(({ files: own, directory }) => [...own.map((file) => dirname(file)), ...(directory ?? [])]),
  ]);
  const envFiles = new EnvFiles({ host, ...reading });
  const main = resolve(folder, envFile);
  // Compose does without a `.env`.
  const hasMain = projects.length === 0 && (basename(main) !== ".env" || envFiles.has(main));
  const variables = new ProjectVariables(
    shell,
    hasMain ? envFiles.forInterpolation(main, new ProjectVariables(shell)) : new Map(),
    declared,
  );
  const found = projects.length === 0 ? defaultComposeFiles(folder, variables, reading.notes) : [];
  const read: ProjectFiles[] =
    projects.length === 0
      ? [
          {
            name: undefined,
            folder: projectFolder(found, folder),
            files: found,
            envFile: hasMain ? main : undefined,
            profiles: [],
          },
        ]
      : projects.map(({ project: name, files: own, directory, envFile: stated, profiles }) => {
          const home = directory ?? projectFolder(own, folder);
          const dotEnv = join(home, ".env");
          return {
            name,
            folder: home,
            files: own,
            envFile: stated ?? (envFiles.has(dotEnv) ? dotEnv : undefined),
            profiles,
          };
        });
  const compose = readCompose(read, { host, envFiles, shell, declared, ...reading });
  return { envFiles, compose, isEnvKnown: !hasMain || envFiles.isReadable(main) };
}

/**
 * Adds a fault for a deployment's folder that is missing, or not a directory.
 *
 * @param howToName how the caller is given the folder, as the fix says it
 */
export function checkFolder(folder: string, faults: FaultList, howToName = "set DEPLOYMENT to"): void {
  if (!existsSync(folder)) faults.add(folder, "is missing", `${howToName} a folder with the compose files`);
  else if (!statSync(folder).isDirectory())
    faults.add(folder, "is not a directory", `${howToName} the folder, not a file in it`);
}

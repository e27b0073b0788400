import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { readClientConfig } from "./clients/client-config.ts";
import { type ReadCompose, readCompose } from "./compose/compose.ts";
import { defaultEnvFile } from "./compose/environment/default-env-file.ts";
import { EnvFiles } from "./compose/environment/env-files.ts";
import type { ComposeFile } from "./compose/types.ts";
import { type ReadLiteLLM, readLiteLLMConfig } from "./litellm/config.ts";
import type { PolicyClient } from "./policy/types.ts";
import type { EditableYaml } from "./source/editable-yaml.ts";
import { FaultList } from "./source/fault-list.ts";
import type { Written } from "./source/location.ts";
import { NoteList } from "./source/note-list.ts";
import { readSource, type SourceFile } from "./source/source-file.ts";
import { parseYaml } from "./source/yaml-tree.ts";
import { readTraefik, type TraefikModel } from "./traefik/model.ts";
import { checkTraefikReferences } from "./traefik/references.ts";

/** In the order in which compose looks for them. */
const composeNames = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

export interface FactsOptions {
  /** The env file for interpolation, relative to the folder; by default `litellm.env`, else `.env`. */
  envFile?: string | undefined;
  /** Variable of that env file to the value that replaces it before anything is interpolated. */
  replace?: ReadonlyMap<string, string> | undefined;
  /** The versions that will run, where they differ from the images' tags. */
  versions?: PartVersions | undefined;
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
  readonly #versions: PartVersions;
  readonly #traefik = new Map<string, { value: TraefikModel | undefined }>();
  readonly #liteLLM = new Map<string, { value: ReadLiteLLM | undefined }>();
  readonly #clients = new Map<string, { value: SourceFile | undefined }>();

  /** @param folder absolute path */
  constructor(folder: string, { envFile, replace = new Map(), versions = {} }: FactsOptions) {
    this.folder = folder;
    this.#versions = versions;
    this.#env = new EnvFiles(folder, envFile ?? defaultEnvFile(folder), replace, this.faults);
    this.#compose = openCompose(folder, this.#env, this.faults);
  }

  /** The compose file; undefined when it could not be read. */
  get compose(): ComposeFile | undefined {
    return this.#compose?.compose;
  }

  /** The compose file as written, for edits. */
  get composeText(): EditableYaml | undefined {
    return this.#compose?.text;
  }

  /** The names of all services, including those that could not be read. */
  get serviceNames(): readonly string[] {
    return this.#compose?.serviceNames ?? [];
  }

  /** The variables of the main env file, after replacement. */
  get variables(): ReadonlyMap<string, Written<string>> {
    return this.#env.variables;
  }

  /** The variables of the main env file as the operator wrote them; undefined when it could not be read. */
  get originals(): ReadonlyMap<string, Written<string>> | undefined {
    return this.#env.originals;
  }

  /**
   * Traefik's configuration; undefined when there is no such service.
   *
   * @param service the compose service that is Traefik
   */
  traefik(service = "traefik"): TraefikModel | undefined {
    return once(this.#traefik, service, () => {
      const { compose, composeText } = this;
      const own = compose?.services.get(service);
      if (compose === undefined || own === undefined) return undefined;
      const model = readTraefik(compose, own, composeText, this.faults);
      checkTraefikReferences(model, compose, this.faults);
      return model;
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
      return readLiteLLMConfig(own, {
        folder: this.folder,
        secrets: this.#env.secrets,
        variablesKnown: this.originals !== undefined,
        version: this.#versions.litellm ?? own.version,
        faults: this.faults,
      });
    });
  }

  /** A client's config; undefined when it can't be read. */
  clientConfig(client: Pick<PolicyClient, "name" | "kind" | "config">): SourceFile | undefined {
    return once(this.#clients, client.name, () => readClientConfig(client, this.originals, this.faults));
  }
}

function once<T>(known: Map<string, { value: T }>, name: string, read: () => T): T {
  const { value } = known.get(name) ?? { value: read() };
  known.set(name, { value });
  return value;
}

function openCompose(folder: string, env: EnvFiles, faults: FaultList): ReadCompose | undefined {
  const found = composeNames.filter((name) => existsSync(join(folder, name)));
  const [name = "compose.yaml", second] = found;
  if (second !== undefined)
    faults.add(join(folder, second), `is next to ${name}: compose reads only one of them`, "remove one of the two");
  const source = readSource(join(folder, name), faults, "write it, or start from deployments/reference/compose.yaml");
  const tree = source === undefined ? undefined : parseYaml(source, faults);
  if (source === undefined || tree === undefined) return undefined;
  return readCompose(source, tree, {
    folder,
    variables: env.variables,
    variablesKnown: env.originals !== undefined,
    secrets: env.secrets,
    envFile: (path, required, location) => env.named(path, required, location),
    faults,
  });
}

/** Adds a fault for a deployment's folder that is missing, or not a directory. */
export function checkFolder(folder: string, faults: FaultList): void {
  if (!existsSync(folder))
    faults.add(folder, "is missing", "set DEPLOYMENT to a folder with policy.yaml and compose.yaml");
  else if (!statSync(folder).isDirectory())
    faults.add(folder, "is not a directory", "set DEPLOYMENT to the folder, not to a file in it");
}

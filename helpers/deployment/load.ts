import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { suggest } from "../core/text/nearest.ts";
import { checkClientConfig } from "./clients/client-config.ts";
import { type ReadCompose, readCompose } from "./compose/compose.ts";
import { parseEnvFile } from "./compose/env-file.ts";
import { findLiteLLMConfig, readLiteLLMConfig } from "./litellm/config.ts";
import { type ReadPolicy, readPolicy as readPolicyTree } from "./policy/policy.ts";
import { checkPolicy } from "./policy/policy-checks.ts";
import { deploymentDigest } from "./source/digest.ts";
import { FaultList } from "./source/fault-list.ts";
import { LiteralSecrets } from "./source/literal-secrets.ts";
import { readSource, type SourceFile } from "./source/source-file.ts";
import { parseYaml } from "./source/yaml-tree.ts";
import { parseTraefikCommand } from "./traefik/command.ts";
import { checkTraefikReferences } from "./traefik/references.ts";
import type { ComposeService, Deployment, LiteLLMConfig, LoadOptions, SourceLocation, Written } from "./types.ts";

/** In the order in which compose looks for them. */
const composeNames = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/**
 * Reads an operator's folder: policy, compose file, env file, LiteLLM's config, key module, client configs. Starts
 * nothing and needs no engine.
 *
 * @throws DeploymentError with every fault that was found
 */
export async function loadDeployment(folder: string, options: LoadOptions = {}): Promise<Deployment> {
  const faults = new FaultList();
  const root = resolve(folder);
  checkFolder(root, faults);
  faults.throwIfAny();

  const readPolicy = openPolicy(root, faults);
  const policy = readPolicy?.policy;
  const env = new EnvFiles(root, readPolicy?.envFile ?? "litellm.env", options.replace ?? new Map(), faults);
  const read = openCompose(root, env, faults);

  const litellm = serviceOf("litellm", readPolicy, read, faults);
  const traefik = serviceOf("traefik", readPolicy, read, faults);
  const command =
    traefik === undefined ? undefined : parseTraefikCommand(traefik.commandWords, traefik.location, faults);
  const routers =
    read === undefined || command === undefined ? [] : checkTraefikReferences(read.compose, command, faults);
  const litellmConfig = openLiteLLMConfig(litellm, read, env, faults);
  for (const client of policy?.clients ?? []) checkClientConfig(client, env.originals, faults);
  if (policy !== undefined) {
    checkPolicy(
      policy,
      {
        compose: read?.compose,
        serviceNames: read?.serviceNames ?? [],
        litellm,
        traefik,
        command,
        routers,
        litellmConfig,
        variables: env.originals,
      },
      faults,
    );
  }
  faults.throwIfAny();
  if (
    policy === undefined ||
    read === undefined ||
    litellm === undefined ||
    traefik === undefined ||
    litellmConfig === undefined
  ) {
    throw new Error(`${root} could not be read, and no fault says why`);
  }
  return {
    folder: root,
    digest: deploymentDigest(root),
    policy,
    compose: read.compose,
    litellm,
    traefik,
    litellmConfig,
    variables: env.variables,
  };
}

function checkFolder(folder: string, faults: FaultList): void {
  if (!existsSync(folder))
    faults.add(folder, "is missing", "set DEPLOYMENT to a folder with policy.yaml and compose.yaml");
  else if (!statSync(folder).isDirectory())
    faults.add(folder, "is no folder", "set DEPLOYMENT to the folder, not to a file in it");
}

function openPolicy(folder: string, faults: FaultList): ReadPolicy | undefined {
  const file = join(folder, "policy.yaml");
  const source = readSource(file, faults, "write it, or take deployments/reference/policy.yaml as a start");
  const tree = source === undefined ? undefined : parseYaml(source, faults);
  return tree === undefined ? undefined : readPolicyTree(file, folder, tree, faults);
}

/** The env files of a deployment, each read once. */
class EnvFiles {
  readonly #folder: string;
  readonly #faults: FaultList;
  readonly #read = new Map<string, ReadonlyMap<string, Written<string>>>();
  /** The policy's env file as the operator wrote it; undefined when it could not be read. */
  readonly originals: ReadonlyMap<string, Written<string>> | undefined;
  readonly secrets: LiteralSecrets;
  /** The policy's env file with the replacements. */
  readonly variables: ReadonlyMap<string, Written<string>>;

  constructor(folder: string, name: string, replace: ReadonlyMap<string, string>, faults: FaultList) {
    this.#folder = folder;
    this.#faults = faults;
    const source = this.#open(resolve(folder, name));
    this.originals = source === undefined ? undefined : parseEnvFile(source, faults);
    const values = new Map([...(this.originals ?? [])].map(([key, { value }]) => [key, value]));
    this.secrets = new LiteralSecrets(values, replace);
    this.variables = source === undefined ? new Map() : this.#parse(source);
    this.#read.set(resolve(folder, name), this.variables);
  }

  /** Whether the policy's env file is there: without it every variable would seem unset. */
  get known(): boolean {
    return this.originals !== undefined;
  }

  /** An env file that a service names. */
  named(file: string, required: boolean, location: SourceLocation): ReadonlyMap<string, Written<string>> | undefined {
    const before = this.#read.get(file);
    if (before !== undefined) return before;
    if (!existsSync(file) && !existsSync(`${file}.example`)) {
      if (required)
        this.#faults.add(
          location,
          `the env file '${file.replace(`${this.#folder}/`, "")}' is missing, and so is its .example`,
          "write it, or mend the path",
        );
      return undefined;
    }
    const source = this.#open(file);
    if (source === undefined) return undefined;
    const variables = this.#parse(source);
    this.#read.set(file, variables);
    return variables;
  }

  #open(file: string): SourceFile | undefined {
    const there = existsSync(file) || !existsSync(`${file}.example`) ? file : `${file}.example`;
    return readSource(there, this.#faults, "write it (its .example is missing too), or mend 'env_file' in policy.yaml");
  }

  #parse(source: SourceFile): ReadonlyMap<string, Written<string>> {
    return parseEnvFile(source, this.#faults, (name, value) => this.secrets.variable(name, value));
  }
}

function openCompose(folder: string, env: EnvFiles, faults: FaultList): ReadCompose | undefined {
  const found = composeNames.filter((name) => existsSync(join(folder, name)));
  const [name = "compose.yaml", second] = found;
  if (second !== undefined)
    faults.add(join(folder, second), `stands beside ${name}: compose reads one of them`, "remove one of the two");
  const file = join(folder, name);
  const source = readSource(file, faults, "write it, or take deployments/reference/compose.yaml as a start");
  const tree = source === undefined ? undefined : parseYaml(source, faults);
  if (source === undefined || tree === undefined) return undefined;
  return readCompose(source, tree, {
    folder,
    variables: env.variables,
    variablesKnown: env.known,
    secrets: env.secrets,
    envFile: (path, required, location) => env.named(path, required, location),
    faults,
  });
}

function serviceOf(
  role: "litellm" | "traefik",
  from: ReadPolicy | undefined,
  read: ReadCompose | undefined,
  faults: FaultList,
): ComposeService | undefined {
  // Where the policy can't be read, the usual name lets the rest be checked all the same.
  const name = from?.policy?.services[role] ?? role;
  const service = read?.compose.services.get(name);
  if (from?.policy !== undefined && read !== undefined && !read.serviceNames.includes(name)) {
    faults.add(
      from.location("services", role),
      `services.${role} is '${name}', which compose.yaml does not have`,
      suggest(name, read.serviceNames, `name one of ${read.serviceNames.join(", ")}`),
    );
  }
  return service;
}

function openLiteLLMConfig(
  litellm: ComposeService | undefined,
  read: ReadCompose | undefined,
  env: EnvFiles,
  faults: FaultList,
): LiteLLMConfig | undefined {
  if (litellm === undefined || read === undefined) return undefined;
  const found = findLiteLLMConfig(litellm, litellm.commandWords, faults);
  return found === undefined
    ? undefined
    : readLiteLLMConfig(found, litellm, { secrets: env.secrets, variablesKnown: env.known }, faults);
}

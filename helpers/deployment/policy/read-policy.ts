import { dirname, resolve } from "node:path";
import type { z } from "zod";
import { type Lock, readLock } from "../../catalogue-lock/lock-file.ts";
import { defaultEnvFile } from "../compose/environment/default-env-file.ts";
import { FaultList } from "../source/fault-list.ts";
import type { SourceLocation } from "../source/location.ts";
import { readShape } from "../source/shape.ts";
import { readSource, SourceFile } from "../source/source-file.ts";
import { locationOf, nodeAt, parseYaml, toPlain, type YamlNode } from "../source/yaml-tree.ts";
import type { authorizationShape } from "./authorization-shape.ts";
import { checkContradictions } from "./contradictions.ts";
import { policyShape } from "./policy-shape.ts";
import type { PackageName, Policy, PolicyAuthorization } from "./types.ts";

/** A policy file, read as far as possible. */
export interface PolicyReading {
  /** Undefined when its shape is wrong. */
  policy: Policy | undefined;
  /** Known even where the rest is wrong, so that the deployment's other files can still be checked. */
  envFile: string | undefined;
}

/**
 * Reads a policy: its shape and its contradictions. What only shows next to the deployment's other files is left to
 * `validate`.
 *
 * @param file absolute path; paths in the policy are relative to its folder
 * @throws DeploymentError with every fault of the file
 */
export function readPolicy(file: string): Policy {
  const faults = new FaultList();
  const { policy } = readPolicyFile(file, faults);
  faults.throwIfAny();
  if (policy === undefined) throw new Error(`${file} could not be read, and no fault gives the reason`);
  return policy;
}

/**
 * As {@link readPolicy}, but collects the faults instead of throwing them.
 *
 * @param text the policy's text where the file does not exist yet
 */
export function readPolicyFile(file: string, faults: FaultList, text?: string): PolicyReading {
  const source =
    text === undefined
      ? readSource(file, faults, "write it with `npm run init`, or start from deployments/reference/policy.yaml")
      : new SourceFile(file, text);
  const root = source === undefined ? undefined : parseYaml(source, faults);
  if (root === undefined) return { policy: undefined, envFile: undefined };
  const env = nodeAt(root, "env_file");
  const envFile = env?.kind === "scalar" && typeof env.value === "string" ? env.value : undefined;
  if (root.kind !== "map") {
    faults.add(root.location, "is not a mapping", "begin with services:, hosts: and upstreams:");
    return { policy: undefined, envFile };
  }
  const policy = policyOf(file, root, faults);
  if (policy !== undefined) checkContradictions(policy, (...path) => locationOf(root, path), faults);
  return { policy, envFile: policy?.envFile ?? envFile };
}

function policyOf(file: string, root: YamlNode, faults: FaultList): Policy | undefined {
  const folder = dirname(file);
  const at = (...path: (string | number)[]): SourceLocation => locationOf(root, path);
  const data = readShape(policyShape, root, toPlain(root), faults);
  if (data === undefined) return undefined;
  return {
    file,
    services: { litellm: data.services.litellm, traefik: data.services.traefik },
    serviceLocations: { litellm: at("services", "litellm"), traefik: at("services", "traefik") },
    envFile: data.env_file ?? defaultEnvFile(folder),
    compose: data.compose.map(({ project, files, directory, env_file, profiles }, index) => ({
      project,
      files: files.map((path) => resolve(folder, path)),
      directory: directory === undefined ? undefined : resolve(folder, directory),
      envFile: env_file === undefined ? undefined : resolve(folder, env_file),
      profiles,
      location: at("compose", index),
    })),
    variables: new Map(
      Object.entries(data.variables).map(([name, value]) => [
        name,
        { value: /^\.\.?\//.test(value) ? resolve(folder, value) : value, location: at("variables", name) },
      ]),
    ),
    files: new Map(
      Object.entries(data.files).map(([path, here]) => [
        /^\.{0,2}\//.test(path) ? resolve(folder, path) : path,
        { value: resolve(folder, here), location: at("files", path) },
      ]),
    ),
    parts: new Map(
      Object.entries(data.parts).map(([name, part]) => [
        name,
        {
          package: packageOf(part.package),
          command: part.command,
          standIn: part.stand_in,
          version: part.version,
          leftOut: part.left_out,
          location: at("parts", name),
        },
      ]),
    ),
    hosts: data.hosts.map(({ name, entry_point, scheme, port, zone, access, cors }, index) => ({
      name: name.toLowerCase(),
      entryPoint: entry_point,
      scheme,
      port,
      zone,
      access: access?.map((rule, position) => ({
        paths: rule.paths,
        methods: rule.methods,
        who: rule.who,
        statuses: rule.status === undefined ? undefined : [rule.status].flat(),
        challenge: rule.challenge,
        to: rule.to,
        service: rule.service,
        headers: rule.headers ?? [],
        why: rule.why,
        location: at("hosts", index, "access", position),
      })),
      cors: cors && {
        origins: cors.origins,
        paths: cors.paths ?? [data.mcp.endpoint],
        location: at("hosts", index, "cors"),
      },
      location: at("hosts", index),
    })),
    authorization: data.authorization && authorizationOf(data.authorization, at("authorization")),
    publicPaths: data.public.map(({ status, ...path }, index) => ({
      ...path,
      statuses: [status].flat(),
      location: at("public", index),
    })),
    injectedRoutes: data.injected.map((route, index) => ({
      ...route,
      hosts: route.hosts.map((host) => host.toLowerCase()),
      location: at("injected", index),
    })),
    refusal: { status: data.refusal.status, challenge: data.refusal.challenge, location: at("refusal") },
    mcp: {
      endpoint: data.mcp.endpoint,
      stream: data.mcp.stream,
      heartbeatSeconds: data.mcp.heartbeat_seconds,
      callSeconds: data.mcp.call_seconds,
      budget: data.mcp.budget && { ...data.mcp.budget, location: at("mcp", "budget") },
      scopedKeys: data.mcp.scoped_keys.map((key, index) => ({ ...key, location: at("mcp", "scoped_keys", index) })),
    },
    upstreams: data.upstreams.map((upstream, index) => ({
      name: upstream.name,
      version: upstream.version,
      package: packageOf(upstream.package),
      tools: upstream.tools,
      in: upstream.in,
      url: upstream.url,
      transport: upstream.transport,
      accessGroups: upstream.access_groups,
      allowAllKeys: upstream.allow_all_keys,
      standIn: upstream.stand_in,
      leftOut: upstream.left_out,
      database: upstream.database === undefined ? undefined : { variable: upstream.database },
      directory: upstream.directory,
      example: upstream.example,
      lock:
        upstream.lock === undefined ? undefined : lockOf(folder, upstream.lock, at("upstreams", index, "lock"), faults),
      location: at("upstreams", index),
    })),
    identities: data.identities.map(({ access_groups, tools, team, secret, role, ...identity }, index) => ({
      ...identity,
      secret,
      accessGroups: access_groups,
      tools: new Map(Object.entries(tools)),
      team: team && { servers: team.servers, accessGroups: team.access_groups },
      role,
      location: at("identities", index),
    })),
    keyChangeSeconds: data.key_change_seconds,
    models: data.models.map(({ name, provider_model }, index) => ({
      name,
      providerModels: [provider_model].flat(),
      location: at("models", index),
    })),
    clients: data.clients.map(({ name, kind, config, service, key, model, version, from }, index) => ({
      name,
      kind,
      config: config === undefined ? undefined : resolve(folder, config),
      service,
      key,
      model,
      version,
      from: from ?? (service === undefined ? "lan" : "service"),
      location: at("clients", index),
    })),
    secrets: data.secrets.map(({ name, in: source, kind, may_be_in }, index) => ({
      name,
      in: source,
      kind,
      mayBeIn: may_be_in,
      location: at("secrets", index),
    })),
    reach: data.reach.map(({ from, to, as, ports }, index) => ({ from, to, as, ports, location: at("reach", index) })),
    dockerSocket: data.docker_socket,
    firewall: data.firewall && {
      file: resolve(folder, data.firewall.file),
      interfaces: data.firewall.interfaces,
      denials: data.firewall.denials.map(({ from, by, counter }, index) => ({
        from,
        by,
        counter: { value: counter, location: at("firewall", "denials", index) },
      })),
      location: at("firewall"),
    },
  };
}

function authorizationOf(data: z.infer<typeof authorizationShape>, location: SourceLocation): PolicyAuthorization {
  const { foreign_client, access_token_seconds, session_seconds, audience, admin, ...rest } = data;
  return {
    ...rest,
    audience: audience ?? data.resource,
    foreignClient: foreign_client,
    admin,
    accessTokenSeconds: access_token_seconds,
    sessionSeconds: session_seconds,
    location,
  };
}

/** A package as the shape accepts it: `npm:NAME@VERSION`, `pypi:NAME==VERSION`. */
function packageOf(text: string | undefined): PackageName | undefined {
  const match = /^(npm|pypi):(.+?)(?:==|(?<=.)@)([^@=]+)$/.exec(text ?? "");
  if (match === null) return undefined;
  const [, ecosystem, name = "", version = ""] = match;
  return { ecosystem: ecosystem === "npm" ? "npm" : "pypi", name, version };
}

/** The lock file of an upstream; a missing or unreadable one is a fault. */
function lockOf(folder: string, path: string, location: SourceLocation, faults: FaultList): Lock | undefined {
  const file = resolve(folder, path);
  const lock = readLock(file);
  if (lock === undefined)
    faults.add(
      location,
      `the lock file '${path}' does not exist`,
      "run 'npm run onboard -- CANDIDATE --approve', or remove 'lock:'",
    );
  return lock;
}

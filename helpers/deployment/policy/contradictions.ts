import { suggest } from "../../core/text/nearest.ts";
import type { FaultList } from "../source/fault-list.ts";
import type { SourceLocation } from "../source/location.ts";
import { checkAccess } from "./access-contradictions.ts";
import { isInCall } from "./example-call.ts";
import { checkIdentities } from "./identities.ts";
import type { Policy, PolicyClient, PublicPath } from "./types.ts";

/**
 * Reports what is wrong with a policy by itself: values that are listed twice, malformed names and paths, statements that
 * exclude each other.
 *
 * @param at the location of a path in the policy file
 */
export function checkContradictions(
  policy: Policy,
  at: (...path: string[]) => SourceLocation,
  faults: FaultList,
): void {
  checkDuplicates(policy, faults);
  checkHosts(policy, faults);
  checkPaths(policy, faults);
  checkAccess(policy, faults);
  checkRefusal(policy, at, faults);
  checkSecretPlaces(policy, faults);
  checkClients(policy, faults);
  checkExamples(policy, at, faults);
  checkIdentities(policy, faults);
}

function checkDuplicates(policy: Policy, faults: FaultList): void {
  const lists: [kind: string, items: readonly { key: string; location: SourceLocation }[]][] = [
    // One name may be served by several entry points, e.g. by one that only redirects to the other.
    [
      "host",
      policy.hosts.map(({ name, entryPoint, location }) => ({
        key: entryPoint === undefined ? name : `${name} on ${entryPoint}`,
        location,
      })),
    ],
    ["public path", policy.publicPaths.map(({ path, location }) => ({ key: path, location }))],
    ["upstream", policy.upstreams.map(({ name, location }) => ({ key: name, location }))],
    ["identity", policy.identities.map(({ name, location }) => ({ key: name, location }))],
    ["model", policy.models.map(({ name, location }) => ({ key: name, location }))],
    ["client", policy.clients.map(({ name, location }) => ({ key: name, location }))],
    ["secret", policy.secrets.map(({ name, location }) => ({ key: name, location }))],
    ...policy.upstreams.map(({ name, tools, location }): [string, { key: string; location: SourceLocation }[]] => [
      `tool of ${name}`,
      tools.map((key) => ({ key, location })),
    ]),
  ];
  for (const route of policy.injectedRoutes) {
    for (const host of route.hosts) {
      lists.push([
        `route on ${host}`,
        policy.injectedRoutes
          .filter((other) => other.hosts.includes(host))
          .map(({ path, location }) => ({ key: path, location })),
      ]);
    }
  }
  for (const [kind, items] of lists) {
    const seen = new Map<string, SourceLocation>();
    for (const { key, location } of items) {
      const before = seen.get(key);
      if (before === undefined) seen.set(key, location);
      else
        faults.add(
          location,
          `the ${kind} '${key}' is listed a second time (first in line ${before.line})`,
          "keep one of the two",
        );
    }
  }
}

/** A client has a config file, or a service whose environment is its config, or what the suite needs to write one. */
function checkClients({ clients, secrets }: Policy, faults: FaultList): void {
  for (const client of clients) {
    const { name, kind, config, service, key, model, location } = client;
    if (service !== undefined) checkServiceClient(client, faults);
    else if (config === undefined && (kind !== "codex" || key === undefined))
      faults.add(location, `the client '${name}' has no 'config'`, missingConfigFix(kind));
    else if (config !== undefined && (key !== undefined || model !== undefined))
      faults.add(
        location,
        `the client '${name}' has a 'config' and also a '${key === undefined ? "model" : "key"}'`,
        "remove one of the two: a config file names its key and its model itself",
      );
    else if (key !== undefined && !secrets.some((secret) => secret.name === key && secret.kind === "api-key"))
      faults.add(
        location,
        `the key '${key}' of the client '${name}' is not an api-key under 'secrets'`,
        suggest(
          key,
          secrets.flatMap((secret) => (secret.kind === "api-key" ? secret.name : [])),
          "add it to 'secrets'",
        ),
      );
  }
}

function missingConfigFix(kind: PolicyClient["kind"]): string {
  if (kind === "codex") return "name its config file, or a 'key' with which the suite writes one";
  if (kind === "open-webui") return "name its config file, or the 'service' that runs it";
  return "name its config file: the suite writes one for Codex only";
}

/** The environment of a service says everything of the client that it runs. */
function checkServiceClient(client: PolicyClient, faults: FaultList): void {
  const { name, kind, from, location } = client;
  if (kind !== "open-webui") {
    faults.add(
      location,
      `the client '${name}' of kind ${kind} has a 'service'`,
      "name its config file: only Open WebUI is configured by the environment of a service",
    );
    return;
  }
  const others = (["config", "key", "model"] as const).filter((one) => client[one] !== undefined);
  const [other] = [...others, ...(from === "service" ? [] : ["from"])];
  if (other !== undefined)
    faults.add(
      location,
      `the client '${name}' has a 'service' and also a '${other}'`,
      "remove one of the two: the service has the client's settings and its place",
    );
}

function checkHosts(policy: Policy, faults: FaultList): void {
  for (const { name, location } of policy.hosts) {
    if (!/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/.test(name)) {
      faults.add(location, `'${name}' is not a host name`, "write the name only: no scheme, no port, no path");
    }
  }
}

function checkPaths(policy: Policy, faults: FaultList): void {
  const all = [
    ...policy.publicPaths.map((item) => ({ ...item, kind: "public path" })),
    ...policy.injectedRoutes.map((item) => ({ ...item, kind: "injected route" })),
  ];
  for (const { path, location, kind } of all) {
    if (/[?#]/.test(path))
      faults.add(location, `the ${kind} '${path}' contains a query or a fragment`, "write the path only");
    else if (path.includes("%"))
      faults.add(
        location,
        `the ${kind} '${path}' contains an encoded character`,
        "write the character itself: the checks try the encodings",
      );
    else if (/[*{}\s\\]/.test(path))
      faults.add(
        location,
        `the ${kind} '${path}' contains a pattern or a space`,
        "write one path; 'below: true' also opens the paths below it",
      );
    else if (/\/\/|\/\.{1,2}(?:\/|$)/.test(path))
      faults.add(
        location,
        `the ${kind} '${path}' contains an empty or a dot segment`,
        "write the path that LiteLLM receives",
      );
    else if (kind === "public path" && path.length > 1 && path.endsWith("/")) {
      faults.add(
        location,
        `the public path '${path}' ends with a slash`,
        `write '${path.replace(/\/+$/, "")}' with 'below: true'`,
      );
    }
  }
  for (const { path, below, location } of policy.publicPaths) {
    if (path === "/" && below)
      faults.add(location, "'/' with 'below: true' makes everything public", "name the public paths");
  }
  for (const route of policy.injectedRoutes) {
    const open = policy.publicPaths.find((item) => covers(item, route.path));
    if (open !== undefined) {
      faults.add(
        route.location,
        `the injected route '${route.path}' is covered by the public path '${open.path}' in line ${open.location.line}`,
        "remove one of the two: the policy would not decide which one applies",
      );
    }
    for (const host of route.hosts) {
      if (!policy.hosts.some(({ name }) => name === host)) {
        faults.add(
          route.location,
          `the injected route '${route.path}' names the host '${host}', which is not under 'hosts'`,
          `name one of ${policy.hosts.map(({ name }) => name).join(", ")}`,
        );
      }
    }
  }
  const mcp = policy.publicPaths.find((item) => covers(item, policy.mcp.endpoint) || covers(item, policy.mcp.stream));
  if (mcp !== undefined)
    faults.add(
      mcp.location,
      `the public path '${mcp.path}' opens MCP to everyone`,
      "name a path that does not cover mcp.endpoint and mcp.stream",
    );
}

/** Whether a public path includes another path. */
function covers(open: PublicPath, path: string): boolean {
  const segment = open.path.replace(/\/$/, "");
  return path === open.path || (open.below && path.startsWith(`${segment}/`));
}

function checkRefusal(policy: Policy, at: (...path: string[]) => SourceLocation, faults: FaultList): void {
  const { status, challenge } = policy.refusal;
  if (status === 401 && challenge === undefined) {
    faults.add(
      at("refusal"),
      "a 401 without a challenge: RFC 9110 requires WWW-Authenticate",
      "add 'challenge: Bearer'",
    );
  } else if (status !== 401 && challenge !== undefined) {
    faults.add(
      at("refusal", "challenge"),
      `a challenge belongs to a 401, not to a ${status}`,
      "remove 'challenge', or set 'status: 401'",
    );
  }
}

function checkSecretPlaces(policy: Policy, faults: FaultList): void {
  const secrets = new Map(policy.secrets.map((secret) => [secret.name, secret]));
  const mustBeIn = (
    name: string,
    location: SourceLocation,
    wanted: Policy["secrets"][number]["mayBeIn"][number],
    why: string,
  ): void => {
    const secret = secrets.get(name);
    if (secret !== undefined && !secret.mayBeIn.includes(wanted)) {
      faults.add(
        secret.location,
        `${name} may not be in ${wanted}, but ${why} (line ${location.line})`,
        `add ${wanted} to its may_be_in`,
      );
    }
  };
  for (const { secret, path, location } of policy.injectedRoutes) {
    const known = secrets.get(secret);
    if (known === undefined) {
      faults.add(
        location,
        `the injected route '${path}' names the secret '${secret}', which is not under 'secrets'`,
        `add { name: ${secret}, kind: api-key, … } there`,
      );
      continue;
    }
    if (known.kind !== "api-key")
      faults.add(
        known.location,
        `${secret} is a ${known.kind}, but the injected route in line ${location.line} sends it as a key`,
        "set 'kind: api-key', or inject another secret",
      );
    mustBeIn(secret, location, "traefik.labels", "it is injected by a label");
    mustBeIn(secret, location, "traefik.api", "Traefik's API shows injected headers");
  }
  for (const { secret, path, servers, location } of policy.mcp.scopedKeys) {
    if (secrets.get(secret)?.kind !== "api-key") {
      faults.add(
        location,
        `the scoped key '${secret}' is not an api-key under 'secrets'`,
        `add { name: ${secret}, kind: api-key, … } there`,
      );
    }
    if (!path.startsWith(policy.mcp.endpoint))
      faults.add(
        location,
        `the path '${path}' of the scoped key '${secret}' is not below mcp.endpoint`,
        `write ${policy.mcp.endpoint}…`,
      );
    const unknown = servers.find((server) => !policy.upstreams.some(({ name }) => name === server));
    if (unknown !== undefined)
      faults.add(
        location,
        `the scoped key '${secret}' names the server '${unknown}', which is not under 'upstreams'`,
        `name one of ${policy.upstreams.map(({ name }) => name).join(", ")}`,
      );
    mustBeIn(secret, location, "litellm.environment", "LiteLLM reads its callers' keys from there");
  }
  for (const { name, database, location } of policy.upstreams) {
    if (database === undefined) continue;
    const known = secrets.get(database.variable);
    if (known === undefined) {
      faults.add(
        location,
        `the upstream '${name}' names the variable '${database.variable}', which is not under 'secrets'`,
        `add { name: ${database.variable}, kind: postgres-url, … } there`,
      );
      continue;
    }
    if (known.kind !== "postgres-url")
      faults.add(
        known.location,
        `${database.variable} is a ${known.kind}, but it is the DSN of '${name}' (line ${location.line})`,
        "set 'kind: postgres-url'",
      );
    mustBeIn(database.variable, location, "litellm.environment", "LiteLLM reads it from there");
    mustBeIn(database.variable, location, "upstream.environment", "it is the upstream's DSN");
  }
  for (const { name, kind, mayBeIn, location } of policy.secrets) {
    const doubled = mayBeIn.find((item, index) => mayBeIn.indexOf(item) !== index);
    if (doubled !== undefined)
      faults.add(location, `${name}: ${doubled} is listed twice in may_be_in`, "keep one of the two");
    if (kind === "salt" && mayBeIn.some((item) => item !== "litellm.environment" && item !== "litellm.config")) {
      faults.add(
        location,
        `${name} is a salt, which only LiteLLM needs`,
        "keep only litellm.environment in its may_be_in",
      );
    }
  }
}

function checkExamples(policy: Policy, at: (...path: string[]) => SourceLocation, faults: FaultList): void {
  for (const [index, { name, tools, example }] of policy.upstreams.entries()) {
    if (example === undefined) continue;
    const { tool, contains } = example;
    const within = (key: string): SourceLocation => at("upstreams", String(index), "example", key);
    if (tools.length > 0 && !tools.includes(tool))
      faults.add(
        within("tool"),
        `the example of '${name}' calls '${tool}', which is not one of its tools`,
        suggest(tool, tools, `name one of ${tools.join(", ")}`),
      );
    if (/["\\\r\n]/.test(contains))
      faults.add(
        within("contains"),
        `the text of the example of '${name}' has a double quote, a backslash or a line break, which clients show as escapes`,
        "write a part of the result's text without these characters",
      );
    else if (isInCall(name, example))
      faults.add(
        within("contains"),
        `the text '${contains}' of the example of '${name}' is in the call itself, so an error that repeats the call contains it too`,
        "write a text that is not in the names of the upstream and the tool, nor in the arguments",
      );
  }
}

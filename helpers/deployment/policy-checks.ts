import type { FaultList } from "./fault-list.ts";
import { suggest } from "./nearest.ts";
import type { TraefikCommand } from "./traefik-command.ts";
import type { TraefikRouter } from "./traefik-labels.ts";
import { matchersOf } from "./traefik-rule.ts";
import type { ComposeFile, ComposeService, LiteLLMConfig, Policy, Written } from "./types.ts";

/** All that the policy is held against. Parts that could not be read are left out; they are faults already. */
export interface PolicyContext {
  compose: ComposeFile | undefined;
  litellm: ComposeService | undefined;
  traefik: ComposeService | undefined;
  command: TraefikCommand | undefined;
  routers: readonly TraefikRouter[];
  litellmConfig: LiteLLMConfig | undefined;
  /** The env file before any replacement; undefined when it could not be read. */
  variables: ReadonlyMap<string, Written<string>> | undefined;
}

/** Holds the policy against the other files: names that it uses must be theirs, and the other way round. */
export function checkPolicy(policy: Policy, context: PolicyContext, faults: FaultList): void {
  checkHosts(policy, context, faults);
  checkUpstreams(policy, context, faults);
  checkSecrets(policy, context, faults);
  checkReach(policy, context, faults);
}

function checkHosts(policy: Policy, { command, routers, compose }: PolicyContext, faults: FaultList): void {
  if (command === undefined || compose === undefined) return;
  for (const { name, entryPoint, scheme, place } of policy.hosts) {
    if (!command.entryPoints.has(entryPoint)) {
      faults.add(
        place,
        `the host '${name}' names the entry point '${entryPoint}', which Traefik's command does not define`,
        suggest(entryPoint, command.entryPoints.keys(), `add --entryPoints.${entryPoint}.address to Traefik's command`),
      );
      continue;
    }
    const own = routers.filter((router) => claims(router, name));
    if (own.length === 0) {
      const near = suggest(name, hostsOf(routers), "add a router whose rule holds Host(`…`) with this name");
      faults.add(place, `no router's rule names the host '${name}'`, near);
      continue;
    }
    const there = own.filter(({ entryPoints }) => entryPoints.length === 0 || entryPoints.includes(entryPoint));
    if (there.length === 0) {
      faults.add(
        place,
        `no router of the host '${name}' is on the entry point '${entryPoint}'`,
        `write one of ${[...new Set(own.flatMap(({ entryPoints }) => entryPoints))].join(", ")}, or add the entry point to its routers`,
      );
      continue;
    }
    for (const router of there) {
      if (scheme === "http" && router.tls)
        faults.add(
          router.place,
          `the router '${router.name}' wants TLS, but the policy serves '${name}' by http (policy line ${place.line})`,
          "remove its tls label, or set 'scheme: https'",
        );
      if (scheme === "https" && !router.tls)
        faults.add(
          router.place,
          `the router '${router.name}' has no TLS, but the policy serves '${name}' by https (policy line ${place.line})`,
          `add the label traefik.http.routers.${router.name}.tls: "true"`,
        );
    }
  }
}

function claims(router: TraefikRouter, host: string): boolean {
  for (const { name, args, negated } of matchersOf(router.rule)) {
    if (negated) continue;
    const [value = ""] = args;
    if (name === "Host" && value.toLowerCase() === host) return true;
    // A pattern may claim any host; whether it does is for the checks.
    if (name === "HostRegexp") return true;
  }
  return false;
}

function hostsOf(routers: readonly TraefikRouter[]): string[] {
  return routers.flatMap(({ rule }) =>
    [...matchersOf(rule)].flatMap(({ name, args }) => (name === "Host" ? args : [])),
  );
}

function checkUpstreams(policy: Policy, { litellmConfig, litellm }: PolicyContext, faults: FaultList): void {
  if (litellmConfig === undefined || litellm === undefined || litellmConfig.upstreams.length === 0) return;
  const configured = new Map(litellmConfig.upstreams.map((upstream) => [upstream.name, upstream]));
  for (const { name, version, database, directory, place } of policy.upstreams) {
    const upstream = configured.get(name);
    if (upstream === undefined) {
      faults.add(
        place,
        `the upstream '${name}' is not under mcp_servers of LiteLLM's config`,
        suggest(name, configured.keys(), "add it there, or remove it here"),
      );
      continue;
    }
    if (upstream.transport === "stdio") {
      if (version === undefined)
        faults.add(
          place,
          `the upstream '${name}' runs a command and has no version`,
          "add 'version:' of the package that provides the command",
        );
      if (
        database !== undefined &&
        ![...upstream.env.values()].includes(litellm.environment.get(database.variable)?.value ?? "")
      ) {
        faults.add(
          place,
          `the upstream '${name}' has its DSN in ${database.variable}, but its env in LiteLLM's config (line ${upstream.place.line}) does not use that`,
          `write os.environ/${database.variable} there, or name the variable that it uses`,
        );
      }
      if (directory !== undefined && !upstream.args.some((arg) => arg === directory)) {
        faults.add(
          place,
          `the upstream '${name}' is to be allowed ${directory}, but its args in LiteLLM's config (line ${upstream.place.line}) don't hold it`,
          "write the same directory in both",
        );
      }
    }
  }
  for (const { name, place } of litellmConfig.upstreams) {
    if (!policy.upstreams.some((upstream) => upstream.name === name)) {
      faults.add(
        place,
        `the upstream '${name}' is in LiteLLM's config but not in the policy`,
        "add it under 'upstreams' of policy.yaml with the tools that it must offer, or remove it here",
      );
    }
  }
}

function checkSecrets(policy: Policy, { variables }: PolicyContext, faults: FaultList): void {
  if (variables === undefined) return;
  for (const { name, kind, place } of policy.secrets) {
    const variable = variables.get(name);
    if (variable === undefined) {
      faults.add(
        place,
        `the secret '${name}' is not set in ${policy.envFile}`,
        suggest(name, variables.keys(), `set it there, and in ${policy.envFile}.example`),
      );
      continue;
    }
    if (variable.value === "") {
      faults.add(variable.place, `${name} is empty`, "give it a value");
    } else if (kind === "postgres-url" && !/^postgres(?:ql)?:$/.test(protocolOf(variable.value))) {
      faults.add(variable.place, `${name} is no Postgres URL`, "write postgresql://user:password@host:5432/database");
    }
  }
}

function protocolOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : "";
}

function checkReach(policy: Policy, { compose, command }: PolicyContext, faults: FaultList): void {
  if (compose === undefined) return;
  const services = [...compose.services.keys()];
  const published = [...compose.services.values()].flatMap(({ ports }) => ports.map(({ host }) => host));
  for (const { from, to, as, ports, place } of policy.reach) {
    const sources = ["lan", "outside", ...services];
    const targets = ["gateway-host", "outside", ...services];
    if (!sources.includes(from))
      faults.add(
        place,
        `'from: ${from}' is neither lan, outside nor a service of compose.yaml`,
        suggest(from, sources, `write one of ${sources.join(", ")}`),
      );
    if (!targets.includes(to))
      faults.add(
        place,
        `'to: ${to}' is neither gateway-host, outside nor a service of compose.yaml`,
        suggest(to, targets, `write one of ${targets.join(", ")}`),
      );
    if (from === to) faults.add(place, `'${from}' always reaches itself`, "remove the rule");
    const doubled = ports.find((port, index) => ports.indexOf(port) !== index);
    if (doubled !== undefined) faults.add(place, `port ${doubled} stands twice`, "keep one of the two");
    if (to === "gateway-host") {
      const missing = ports.find((port) => !published.includes(port));
      if (missing !== undefined)
        faults.add(
          place,
          `port ${missing} of the gateway host is published by no service`,
          `publish it in compose.yaml, or write one of ${[...new Set(published)].join(", ")}`,
        );
    }
    if (to === policy.services.traefik && command !== undefined) {
      const open = [...command.entryPoints.values()].map(({ port }) => port);
      const missing = ports.find((port) => !open.includes(port));
      if (missing !== undefined)
        faults.add(place, `Traefik listens on no port ${missing}`, `write one of ${open.join(", ")}`);
    }
    const target = compose.services.get(to);
    const source = compose.services.get(from);
    if (
      target !== undefined &&
      source !== undefined &&
      ![...source.networks.keys()].some((name) => target.networks.has(name))
    ) {
      faults.add(
        place,
        `'${from}' and '${to}' share no network in compose.yaml`,
        "put both on one network, or remove the rule",
      );
    }
    if (as !== undefined) checkName(policy, { to, as, place }, compose, faults);
  }
  const seen = new Map<string, number>();
  for (const { from, to, as, place } of policy.reach) {
    const key = `${from} to ${to}${as === undefined ? "" : ` as ${as}`}`;
    const before = seen.get(key);
    if (before !== undefined)
      faults.add(
        place,
        `traffic from ${key} stands here a second time (first in line ${before})`,
        "put all ports into one rule",
      );
    seen.set(key, place.line);
  }
}

function checkName(
  policy: Policy,
  rule: Pick<Policy["reach"][number], "to" | "place"> & { as: string },
  compose: ComposeFile,
  faults: FaultList,
): void {
  const hosts = policy.hosts.map(({ name }) => name);
  const target = compose.services.get(rule.to);
  const aliases = target === undefined ? [] : [rule.to, ...[...target.networks.values()].flat()];
  if (rule.to === "gateway-host" && !hosts.includes(rule.as)) {
    faults.add(
      rule.place,
      `'as: ${rule.as}' is no host of the policy`,
      suggest(rule.as, hosts, `write one of ${hosts.join(", ")}`),
    );
  } else if (target !== undefined && !aliases.includes(rule.as)) {
    faults.add(
      rule.place,
      `'as: ${rule.as}' is no alias of '${rule.to}' on any network`,
      suggest(rule.as, aliases, `add it to the aliases of '${rule.to}' in compose.yaml`),
    );
  }
}

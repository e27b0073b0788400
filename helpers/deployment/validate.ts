import { suggest } from "../core/text/nearest.ts";
import { composeFileNames } from "./compose/file-names.ts";
import type { ComposeService } from "./compose/types.ts";
import { defaultTraefik, type Facts } from "./facts.ts";
import { isTraefikImage } from "./infer/files/roles.ts";
import type { LiteLLMConfig } from "./litellm/types.ts";
import { isInService } from "./policy/configured-client.ts";
import { checkWithoutTraefik } from "./policy/direct-access.ts";
import type { Policy, PolicyFirewall } from "./policy/types.ts";
import { outlineOf } from "./services/build-outline.ts";
import { meantCommand, missingImports, startsOwnScript, stdioServer } from "./services/stdio-servers.ts";
import type { FaultList } from "./source/fault-list.ts";
import { readSource } from "./source/source-file.ts";
import type { TraefikModel } from "./traefik/model.ts";
import { checkAuthorization } from "./validate-authorization.ts";

/** What the services are that the policy names. What could not be read is undefined; it is a fault already. */
interface Roles {
  litellm: ComposeService | undefined;
  litellmConfig: LiteLLMConfig | undefined;
  traefik: TraefikModel | undefined;
}

/**
 * Holds a policy against the deployment's facts: the names that it uses must exist there, and the other way round. Where
 * each of the two makes sense and they differ, the checks have something to find out: that is not a fault.
 */
export function validate(policy: Policy, facts: Facts, faults: FaultList): void {
  const roles: Roles = {
    litellm: facts.compose?.services.get(policy.services.litellm),
    litellmConfig: facts.liteLLM(policy.services.litellm)?.config,
    traefik: facts.traefik(policy.services.traefik),
  };
  checkServices(policy, facts, faults);
  if (roles.traefik === undefined) checkTraefikless(policy, facts, faults);
  else checkHosts(policy, roles.traefik, faults);
  checkUpstreams(policy, facts, roles, faults);
  checkSecrets(policy, facts, faults);
  checkReach(policy, facts, faults);
  checkServiceClients(policy, facts, faults);
  checkAuthorization(policy, facts, faults);
  if (policy.firewall !== undefined) checkFirewall(policy.firewall, facts, faults);
}

function checkServices(
  { services, serviceLocations }: Policy,
  { folder, compose, serviceNames }: Facts,
  faults: FaultList,
): void {
  if (compose === undefined) return;
  for (const role of ["litellm", "traefik"] as const) {
    const name = services[role];
    if (name === undefined || name === false || serviceNames.includes(name)) continue;
    faults.add(
      serviceLocations[role],
      `services.${role} is '${name}', which is not in ${composeFileNames(compose, folder)}`,
      suggest(name, serviceNames, `name one of ${serviceNames.join(", ")}`),
    );
  }
}

function checkHosts(policy: Policy, traefik: TraefikModel, faults: FaultList): void {
  const { entryPoints } = traefik.static;
  for (const { name, entryPoint, location } of policy.hosts) {
    // One that Traefik does not have is the subject of a check.
    if (entryPoint === undefined)
      faults.add(
        location,
        `the host '${name}' names no entry point`,
        `add 'entry_point:' with one of ${[...entryPoints.keys()].join(", ")}`,
      );
  }
}

/** A deployment whose policy names no Traefik, and that has no service of that name. */
function checkTraefikless(policy: Policy, { compose, notes }: Facts, faults: FaultList): void {
  const { traefik } = policy.services;
  if (traefik === false) {
    checkWithoutTraefik(policy, faults);
    return;
  }
  if (compose === undefined || compose.services.has(traefik ?? defaultTraefik)) return;
  // That the named service is missing is reported.
  if (traefik !== undefined) return;
  checkWithoutTraefik(policy, faults);
  for (const { key, image, location } of compose.services.values()) {
    if (!isTraefikImage(image?.value ?? "")) continue;
    notes.add(
      "not-proved",
      location,
      `the service '${key}' looks like Traefik, and the policy does not name it`,
      "LiteLLM is asked directly, so nothing is proved of what stands in front of it",
      `write 'services: { traefik: ${key} }' in the policy`,
    );
  }
}

function checkUpstreams(policy: Policy, { notes }: Facts, { litellmConfig, litellm }: Roles, faults: FaultList): void {
  if (litellmConfig === undefined || litellm === undefined || litellmConfig.upstreams.length === 0) return;
  const configured = new Map(litellmConfig.upstreams.map((upstream) => [upstream.name, upstream]));
  const built = litellm.build === undefined ? [] : (outlineOf(litellm.build)?.packages ?? []);
  for (const own of policy.upstreams) {
    const { name, database, location } = own;
    const upstream = configured.get(name);
    // An upstream that LiteLLM does not have is left to the checks.
    if (upstream === undefined) continue;
    if (upstream.transport === "stdio") {
      const server = stdioServer(upstream, own, built);
      // A command that nothing installs can't be started. A launcher whose package is unknown is a note (plan-notes.ts).
      const isInstalled = upstream.cannotStart === undefined && !startsOwnScript(upstream, own, litellm);
      const isRun = own.leftOut === undefined && !own.standIn && isInstalled;
      const meant = isRun && server !== undefined ? meantCommand(upstream, server, litellm) : undefined;
      if (meant !== undefined)
        notes.add(
          "finding",
          upstream.commandAt ?? upstream.location,
          `the upstream '${name}' runs '${upstream.command}', and nothing says which package has this command`,
          `LiteLLM does not find it, if '${meant}' is meant: the run installs that one`,
          `write '${meant}', or name the package in the policy (upstreams: ${name}: package: npm:NAME@VERSION or pypi:NAME==VERSION)`,
          "stops",
        );
      const missing = isRun && own.package === undefined ? missingImports(upstream, litellm) : [];
      if (missing.length > 0)
        faults.add(
          location,
          `the upstream '${name}' can't start in a run: its script imports ${missing.join("; ")}`,
          "add what is missing to the mounted files, or set 'left_out:' or 'stand_in:' there",
        );
      else if (isRun && server !== undefined && server.version === undefined && server.packages === undefined)
        faults.add(
          location,
          `the upstream '${name}' runs a command and has no version`,
          "add 'version:' of the package that provides the command, or 'package:' with its name and version",
        );
      if (
        database !== undefined &&
        ![...upstream.env.values()].includes(litellm.environment.get(database.variable)?.value ?? "")
      ) {
        notes.add(
          "finding",
          upstream.location,
          `the env of '${name}' does not get the value of ${database.variable}, which the policy calls its DSN`,
          "LiteLLM substitutes os.environ/NAME only, and only as a whole value",
          `write os.environ/${database.variable} there, or name the variable that it uses in the policy (line ${location.line})`,
          "stops",
        );
      }
    }
  }
}

/** The end of a place that belongs to a service. */
const placeOwner = /\.(?:environment|command)$/;

function checkSecrets(
  policy: Policy,
  { folder, compose, serviceNames, originals: variables, notes, faults: readingFaults }: Facts,
  faults: FaultList,
): void {
  const whose = ["litellm", "upstream", "client", ...serviceNames];
  for (const { name, mayBeIn, location } of policy.secrets) {
    const strange = mayBeIn.find((one) => placeOwner.test(one) && !whose.includes(one.replace(placeOwner, "")));
    if (strange === undefined || compose === undefined || serviceNames.length === 0) continue;
    const owner = strange.replace(placeOwner, "");
    faults.add(
      location,
      `${name} may be in ${strange}, but '${owner}' is not a service of ${composeFileNames(compose, folder)}`,
      suggest(owner, whose, `write one of ${whose.join(", ")}`),
    );
  }
  if (variables === undefined) return;
  for (const { name, in: source, kind, location } of policy.secrets) {
    if (source === "compose-secret") continue;
    const variable = variables.get(name) ?? policy.variables.get(name);
    if (variable === undefined && kind === "postgres-url") {
      // Where a file could not be read, or misses the variable, that is the fault.
      if (!readingFaults.empty) continue;
      faults.add(
        location,
        `the DSN '${name}' is set in no env file`,
        suggest(
          name,
          variables.keys(),
          `set it in ${policy.envFile}, or under 'variables:'; its password may be anything`,
        ),
      );
      continue;
    }
    if (variable === undefined) {
      notes.add(
        "change",
        location,
        `no env file sets the secret '${name}'`,
        "the run makes up a value, as for every secret",
        suggest(name, variables.keys(), `set it in ${policy.envFile} or in its example, so that readers know of it`),
      );
      continue;
    }
    if (variable.value === "") {
      faults.add(variable.location, `${name} is empty`, "give it a value");
    } else if (kind === "postgres-url" && !/^postgres(?:ql)?:$/.test(protocolOf(variable.value))) {
      faults.add(
        variable.location,
        `${name} is not a Postgres URL`,
        "write postgresql://user:password@host:5432/database",
      );
    }
  }
}

function protocolOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : "";
}

function checkReach(policy: Policy, { folder, compose, serviceNames: services }: Facts, faults: FaultList): void {
  if (compose === undefined) return;
  const files = composeFileNames(compose, folder);
  for (const { from, to, as, ports, location } of policy.reach) {
    const sources = ["lan", "outside", ...services];
    const targets = ["gateway-host", "lan", "outside", ...services];
    if (!sources.includes(from))
      faults.add(
        location,
        `'from: ${from}' is neither lan, outside nor a service of ${files}`,
        suggest(from, sources, `write one of ${sources.join(", ")}`),
      );
    if (!targets.includes(to))
      faults.add(
        location,
        `'to: ${to}' is neither gateway-host, lan, outside nor a service of ${files}`,
        suggest(to, targets, `write one of ${targets.join(", ")}`),
      );
    if (from === to) faults.add(location, `'${from}' always reaches itself`, "remove the rule");
    const doubled = ports.find((port, index) => ports.indexOf(port) !== index);
    if (doubled !== undefined) faults.add(location, `port ${doubled} is listed twice`, "keep one of the two");
    if (as !== undefined && to === "gateway-host") {
      const hosts = policy.hosts.map(({ name }) => name);
      if (!hosts.includes(as))
        faults.add(
          location,
          `'as: ${as}' is not a host of the policy`,
          suggest(as, hosts, `write one of ${hosts.join(", ")}`),
        );
    }
  }
  const seen = new Map<string, number>();
  for (const { from, to, as, location } of policy.reach) {
    const key = `${from} to ${to}${as === undefined ? "" : ` as ${as}`}`;
    const before = seen.get(key);
    if (before !== undefined)
      faults.add(
        location,
        `traffic from ${key} is listed a second time (first in line ${before})`,
        "put all ports into one rule",
      );
    seen.set(key, location.line);
  }
}

/** A client in a service is on its networks: one without any has no place that a run could have. */
function checkServiceClients({ clients }: Policy, { folder, compose, serviceNames }: Facts, faults: FaultList): void {
  if (compose === undefined) return;
  for (const { name, service, location } of clients.filter(isInService)) {
    if (!serviceNames.includes(service)) {
      faults.add(
        location,
        `the client '${name}' is in the service '${service}', which is not in ${composeFileNames(compose, folder)}`,
        suggest(service, serviceNames, `name one of ${serviceNames.join(", ")}`),
      );
      continue;
    }
    const { networkMode } = compose.services.get(service) ?? {};
    if (networkMode === undefined) continue;
    faults.add(
      location,
      `the client '${name}' is in the service '${service}' with 'network_mode: ${networkMode.value}': a run has no such place`,
      "write its settings into an env file, and name that as 'config'",
    );
  }
}

function checkFirewall(firewall: PolicyFirewall, { compose }: Facts, faults: FaultList): void {
  const { interfaces, denials, location } = firewall;
  const taken = new Map<string, string>();
  const names: [of: string, name: string][] = [
    ["the LAN's", interfaces.lan],
    ["the outside's", interfaces.outside],
    ...[...(compose?.networks ?? [])].flatMap(([network, { bridge }]): [string, string][] =>
      bridge === undefined ? [] : [[`the network ${network}'s`, bridge]],
    ),
  ];
  for (const [of, name] of names) {
    const before = taken.get(name);
    if (before !== undefined)
      faults.add(
        location,
        `${name} is the name of ${before} interface and of ${of}`,
        "give each its own name: the firewall and the run distinguish them by it",
      );
    taken.set(name, of);
  }
  for (const [index, { from, counter }] of denials.entries()) {
    if (denials.findIndex((other) => other.from === from) < index)
      faults.add(counter.location, `the denial of '${from}' is listed a second time`, "keep one of the two");
  }
  const source = readSource(firewall.file, faults, "write it, or fix 'firewall.file' in policy.yaml");
  if (source === undefined) return;
  const counters = [...source.text.matchAll(/^[ \t]*counter[ \t]+([\w./-]+)[ \t]*\{/gm)].flatMap(
    ([, name]) => name ?? [],
  );
  for (const { counter } of denials) {
    if (!counters.includes(counter.value))
      faults.add(
        counter.location,
        `the firewall has no counter '${counter.value}'`,
        suggest(counter.value, counters, `add 'counter ${counter.value} { }' to its table, and name it in the rule`),
      );
  }
}

import { join, resolve } from "node:path";
import { checkFolder, defaultTraefik, readFacts } from "./facts.ts";
import { isLiteLLMsDatabase, noteDatabase } from "./litellm/database-findings.ts";
import { literalSecrets, noteCommonPasswords, noteUnlistedSecrets } from "./literals.ts";
import { hasConfig } from "./policy/configured-client.ts";
import { withDirectAccess } from "./policy/direct-access.ts";
import { readPolicyFile } from "./policy/read-policy.ts";
import { joinedThroughHost } from "./services/host-route.ts";
import { withJoinedNamespaces } from "./services/joined-namespace.ts";
import { withJoinedReach } from "./services/joined-reach.ts";
import { notePlan } from "./services/plan-notes.ts";
import { noteOldVolumes } from "./services/postgres-volume.ts";
import { deploymentDigest } from "./source/digest.ts";
import { FaultList } from "./source/fault-list.ts";
import { noteUncertified } from "./traefik/uncertified.ts";
import type { ComposeFile, Deployment, LoadOptions, Policy } from "./types.ts";
import { validate } from "./validate.ts";

/**
 * Loads an operator's folder: reads the policy and the facts, and compares the two. Starts nothing and needs no
 * engine.
 *
 * @throws DeploymentError with every fault that was found
 */
export async function loadDeployment(folder: string, options: LoadOptions = {}): Promise<Deployment> {
  const faults = new FaultList();
  const root = resolve(folder);
  checkFolder(root, faults);
  faults.throwIfAny();

  const { policy, envFile } = readPolicyFile(join(root, "policy.yaml"), faults, options.policy);
  const partVersions = new Map(
    [...(policy?.parts ?? [])].flatMap(([part, { version }]) =>
      version === undefined ? [] : [[part, version] as const],
    ),
  );
  const { replace, versions } = options;
  const facts = readFacts(root, {
    replace,
    versions,
    partVersions,
    literals: new Map((options.literals ?? []).map(({ name, value }) => [name, value])),
    envFile,
    compose: policy?.compose,
    variables: policy?.variables,
    files: policy?.files,
    // A DSN says where a database is, which nobody can make up.
    declared: new Map(
      policy?.secrets.flatMap(({ name, in: source, kind, location }) =>
        source === "variable" && kind !== "postgres-url" ? [[name, location]] : [],
      ),
    ),
  });
  // Without a policy the default names still let the files be checked.
  const traefikModel = facts.traefik(policy?.services.traefik);
  const liteLLM = facts.liteLLM(policy?.services.litellm);
  const hosts = policy?.hosts.map(({ name }) => name) ?? [];
  for (const client of policy?.clients.filter(hasConfig) ?? []) facts.clientConfig(client, hosts);
  faults.addAll(facts.faults);
  if (policy !== undefined) validate(policy, facts, faults);
  faults.throwIfAny();

  const { compose } = facts;
  const litellm = policy && compose?.services.get(policy.services.litellm);
  if (policy === undefined || compose === undefined || litellm === undefined || liteLLM === undefined) {
    throw new Error(`${root} could not be read, and no fault gives the reason`);
  }
  const found = { compose, litellmConfig: liteLLM.config, traefikModel, facts, policy };
  const traefik = traefikModel && compose.services.get(policy.services.traefik || defaultTraefik);
  const ends = withJoinedNamespaces(traefikModel, { compose, litellm, traefik });
  const deployment: Deployment = {
    folder: root,
    digest: deploymentDigest(root),
    policy: withJoinedReach(
      withServiceNames(traefik === undefined ? withDirectAccess(policy) : policy, compose),
      ends,
      traefikModel,
    ),
    facts,
    ...joinedThroughHost(traefikModel, ends),
    litellmConfig: liteLLM.config,
    traefikModel,
    literals: options.literals ?? literalSecrets(found),
    variables: facts.variables,
  };
  notePlan(deployment, facts.notes);
  noteDatabase(deployment, facts.notes);
  noteOldVolumes(compose, (service) => isLiteLLMsDatabase(deployment, service), facts.notes);
  if (traefikModel !== undefined) noteUncertified(policy.hosts, traefikModel, facts.notes);
  noteUnlistedSecrets(deployment);
  noteCommonPasswords(found);
  return deployment;
}

/** On its networks, a service whose name two projects have is known by that name, and not by its key. */
function withServiceNames(policy: Policy, { services }: ComposeFile): Policy {
  const reach = policy.reach.map((rule) => {
    const name = services.get(rule.to)?.name ?? rule.to;
    return rule.as === undefined && name !== rule.to ? { ...rule, as: name } : rule;
  });
  return { ...policy, reach };
}

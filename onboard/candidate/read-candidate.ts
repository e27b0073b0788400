import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { z } from "zod";
import { suggest } from "../../helpers/core/text/nearest.ts";
import { unscopedName } from "../../helpers/deployment/services/package-spec.ts";
import { FaultList } from "../../helpers/deployment/source/fault-list.ts";
import type { SourceLocation } from "../../helpers/deployment/source/location.ts";
import { readShape } from "../../helpers/deployment/source/shape.ts";
import { readSource } from "../../helpers/deployment/source/source-file.ts";
import { locationOf, parseYaml, toPlain } from "../../helpers/deployment/source/yaml-tree.ts";
import { candidateShape } from "./shape.ts";
import type { Candidate, CandidateServer, NeededService } from "./types.ts";

type Written = z.output<typeof candidateShape>;
type Locate = (...path: (string | number)[]) => SourceLocation;

/**
 * Reads a candidate file: its shape and its contradictions.
 *
 * @param file absolute path; paths in it are relative to its folder
 * @throws {DeploymentError} with every fault of the file
 */
export function readCandidate(file: string): Candidate {
  const faults = new FaultList();
  const source = readSource(file, faults, "docs/onboarding.md describes it; candidates/prometheus.yaml is an example");
  const root = source === undefined ? undefined : parseYaml(source, faults);
  faults.throwIfAny();
  if (root === undefined) throw new Error(`${file} could not be read, and no fault gives the reason`);
  if (root.kind !== "map") faults.add(root.location, "is not a mapping", "begin with name: and server:");
  faults.throwIfAny();
  const data = readShape(candidateShape, root, toPlain(root), faults);
  const at: Locate = (...path) => locationOf(root, path);
  const candidate = data === undefined ? undefined : candidateOf(file, data, at, faults);
  faults.throwIfAny();
  if (candidate === undefined) throw new Error(`${file} could not be read, and no fault gives the reason`);
  return candidate;
}

function candidateOf(file: string, data: Written, at: Locate, faults: FaultList): Candidate | undefined {
  const server = serverOf(data, at, faults);
  const needs = data.needs.map((part, index) => neededService(part, at("needs", index), faults));
  const deployment = data.deployment === undefined ? undefined : resolve(dirname(file), data.deployment);
  if (deployment !== undefined && !existsSync(join(deployment, "policy.yaml")))
    faults.add(at("deployment"), "names a folder without policy.yaml", "name the folder of the deployment to join");
  checkNames(data, at, faults);
  if (server === undefined || needs.includes(undefined)) return undefined;
  return {
    file,
    name: data.name,
    deployment,
    source: data.source,
    server,
    licences: data.licences,
    environment: new Map(Object.entries(data.env)),
    unset: data.unset_env,
    secrets: data.secrets.map(({ name, from }) => ({ name, from })),
    needs: needs.filter((part) => part !== undefined),
    hosts: data.hosts,
    tools: { expected: data.tools.expected, changesState: data.tools.changes_state },
    calls: data.calls,
    refused: data.refused,
    budget: {
      tools: data.budget.tools,
      tokens: data.budget.tokens,
      latencyMs: data.budget.latency_ms,
      resultBytes: data.budget.result_bytes,
    },
    conditions: new Map(
      data.conditions.map(({ item, because, until }, index) => [
        item,
        { because, until, location: at("conditions", index) },
      ]),
    ),
    limits: {
      memoryMb: data.limits.memory_mb,
      processes: data.limits.processes,
      diskMb: data.limits.disk_mb,
      seconds: data.limits.seconds,
      startSeconds: data.limits.start_seconds,
    },
    locations: { server: at("server"), name: at("name"), budget: at("budget") },
  };
}

function serverOf({ server }: Written, at: Locate, faults: FaultList): CandidateServer | undefined {
  const { package: first, image, command, listens } = server;
  if ((first === undefined) === (image === undefined)) {
    const what = first === undefined ? "names neither a package nor an image" : "names a package and an image";
    faults.add(at("server"), what, "name one: package: npm:NAME@VERSION or pypi:NAME==VERSION, or image: NAME:TAG");
    return undefined;
  }
  const where = listens && { port: listens.port, path: listens.path, token: listens.token };
  if (image !== undefined) {
    for (const key of ["with", "debian"] as const)
      if (server[key].length > 0) faults.add(at("server", key), "is for packages only", "remove it");
    return { from: "image", image, command: command && [...command, ...server.args], listens: where };
  }
  if (first === undefined) return undefined;
  const [program = unscopedName(first), ...args] = command ?? [];
  return {
    from: "packages",
    packages: [first, ...server.with],
    debian: server.debian,
    command: program,
    isCommandStated: command !== undefined,
    args: [...args, ...server.args],
    listens: where,
  };
}

function neededService(
  part: Written["needs"][number],
  location: SourceLocation,
  faults: FaultList,
): NeededService | undefined {
  const { name, debian, postgres, package: spec, image } = part;
  const forms = [debian, postgres, spec, image].filter((form) => form !== undefined);
  if (forms.length !== 1) {
    faults.add(
      location,
      `${name} has ${forms.length} of debian, postgres, package and image, and needs exactly one`,
      "name where it comes from: debian: [PACKAGE], postgres: true, package: npm:… or pypi:…, or image: NAME:TAG",
    );
    return undefined;
  }
  return {
    name,
    from:
      debian !== undefined
        ? { kind: "debian", packages: debian }
        : spec !== undefined
          ? { kind: "package", packages: [spec] }
          : image !== undefined
            ? { kind: "image", image }
            : { kind: "postgres" },
    command: part.command,
    environment: new Map(Object.entries(part.env)),
    files: new Map(Object.entries(part.files)),
    ready: part.ready,
    state: part.state,
  };
}

/** Names that refer to something of the same file. */
function checkNames(data: Written, at: Locate, faults: FaultList): void {
  const parts = data.needs.map(({ name }) => name);
  const secrets = data.secrets.map(({ name }) => name);
  for (const [index, { part }] of data.refused.entries()) {
    if (parts.includes(part)) continue;
    faults.add(at("refused", index, "part"), `${part} is not under needs`, suggest(part, parts, "add it to needs"));
  }
  const token = data.server.listens?.token;
  if (token !== undefined && !secrets.includes(token))
    faults.add(at("server", "listens", "token"), `${token} is not a secret of the file`, "add it to secrets");
  const texts: [readonly string[], Record<string, string>][] = [
    [["env"], data.env],
    ...data.needs.flatMap(({ env, files }, index): [string[], Record<string, string>][] => [
      [["needs", String(index), "env"], env],
      [["needs", String(index), "files"], files],
    ]),
  ];
  for (const [path, values] of texts) checkReferences(path, values, secrets, at, faults);
  for (const [index, { until }] of data.conditions.entries()) {
    if (!Number.isNaN(Date.parse(until))) continue;
    faults.add(at("conditions", index, "until"), `${until} is not a date`, "write a date, e.g. 2027-06-30");
  }
  const { expected, changes_state: changing } = data.tools;
  for (const [index, tool] of changing.entries()) {
    if (expected === undefined || expected.includes(tool)) continue;
    const fix = suggest(tool, expected, "add it to tools.expected, or remove it here");
    faults.add(at("tools", "changes_state", index), `${tool} is not in tools.expected`, fix);
  }
}

/** `${NAME}` stands for a secret of the file. */
function checkReferences(
  path: readonly string[],
  values: Readonly<Record<string, string>>,
  secrets: readonly string[],
  at: Locate,
  faults: FaultList,
): void {
  const steps = path.map((step) => (/^\d+$/.test(step) ? Number(step) : step));
  for (const [key, value] of Object.entries(values)) {
    for (const [, name = ""] of value.matchAll(/\$\{([A-Za-z_]\w*)\}/g)) {
      if (secrets.includes(name)) continue;
      const fix = suggest(name, secrets, `add ${name} to secrets`);
      faults.add(at(...steps, key), `\${${name}} is not a secret of the file`, fix);
    }
  }
}

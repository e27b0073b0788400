import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { unscopedName } from "../../helpers/deployment/services/package-spec.ts";
import { FaultList } from "../../helpers/deployment/source/fault-list.ts";
import type { SourceLocation } from "../../helpers/deployment/source/location.ts";
import { readShape } from "../../helpers/deployment/source/shape.ts";
import { readSource } from "../../helpers/deployment/source/source-file.ts";
import { locationOf, parseYaml, toPlain } from "../../helpers/deployment/source/yaml-tree.ts";
import { checkCandidate, type Locate, type Written } from "./check-candidate.ts";
import { candidateShape } from "./shape.ts";
import type { Candidate, CandidateServer, NeededService } from "./types.ts";

/**
 * Reads a candidate file: its shape and its contradictions.
 *
 * @param file absolute path; paths in it are relative to its folder
 * @throws {DeploymentError} with every fault of the file
 */
export function readCandidate(file: string): Candidate {
  const faults = new FaultList();
  const source = readSource(file, faults, "docs/onboarding.md describes it; candidates/prometheus.yaml is an example");
  if (source?.text.split("\n").every((line) => /^\s*(#.*)?$/.test(line)))
    faults.add(file, "is empty", "begin with name: and server:; candidates/prometheus.yaml is an example");
  faults.throwIfAny();
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
  checkCandidate(data, at, faults);
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
    locations: {
      server: at("server"),
      name: at("name"),
      budget: at("budget"),
      needs: data.needs.map((_, index) => at("needs", index)),
      hosts: data.hosts.map((_, index) => at("hosts", index)),
    },
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

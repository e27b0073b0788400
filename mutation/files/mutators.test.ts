import { resolve } from "node:path";
import { expect, test } from "vitest";
import { DeploymentError } from "../../helpers/core/errors.ts";
import { loadDeployment } from "../../helpers/deployment/load.ts";
import { patchedCopy } from "../../helpers/deployment/source/patched-copy.ts";
import { readEquivalents } from "./equivalents.ts";
import { kinds, type Mutant, patchesOf } from "./mutant.ts";
import { loadMutators, mutantsOf } from "./mutators.ts";
import { openOperatorFiles } from "./operator-files.ts";
import { sampleOf } from "./sample.ts";

const reference = resolve("deployments/reference");

async function mutantsIn(folder: string): Promise<Mutant[]> {
  return await mutantsOf(openOperatorFiles(await loadDeployment(folder)));
}

const virtualKeys = "examples/virtual-keys";

test.for(["reference", "as-found", virtualKeys])(
  "every mutant of %s changes its copy, each in a different way",
  async (name) => {
    const folder = resolve("deployments", name);
    const mutants = await mutantsIn(folder);
    const written = mutants.map((mutant) => JSON.stringify(patchesOf(folder, mutant)));
    expect(new Set(mutants.map(({ id }) => id)).size).toBe(mutants.length);
    expect(new Set(written).size).toBe(mutants.length);
    expect(mutants.length).toBeGreaterThan(200);
  },
);

test("every mutator breaks something of the reference, or of the example that has virtual keys", async () => {
  const mutants = [reference, resolve("deployments", virtualKeys)].map(mutantsIn);
  const used = new Set((await Promise.all(mutants)).flat().map(({ mutator }) => mutator));
  expect((await loadMutators()).map(({ name }) => name).filter((name) => !used.has(name))).toEqual([]);
});

test("a label in a list is mutated like one in a mapping", async () => {
  const folder = resolve("deployments/as-found");
  const mutants = await mutantsIn(folder);
  const [mutant] = mutants.filter(({ mutator, how }) => mutator === "path-widened" && how.includes("/docs"));
  if (mutant === undefined) throw new Error("as-found has a router for /docs");
  using copy = patchedCopy(folder, patchesOf(folder, mutant));
  const [before, after] = await Promise.all([loadDeployment(folder), loadDeployment(copy.folder)]);
  const changed = [...after.litellm.labels].filter(
    ([key, { value }]) => before.litellm.labels.get(key)?.value !== value,
  );
  expect(changed).toHaveLength(1);
  expect(changed[0]?.[1].value).toContain(mutant.shown.text);
});

test("each mutant of a grant is a policy that loads and in which the rights of some keys are others", async () => {
  const folder = resolve("deployments", virtualKeys);
  const own = (await mutantsIn(folder)).filter(({ kind }) => kind === "grants");
  const rightsIn = async (where: string) => {
    const { policy } = await loadDeployment(where);
    const grants = policy.identities.map(({ location: _, tools, ...rest }) => ({ ...rest, tools: [...tools] }));
    return JSON.stringify([grants, policy.upstreams.map(({ allowAllKeys }) => allowAllKeys)]);
  };
  const before = await rightsIn(folder);
  for (const mutant of own) {
    using copy = patchedCopy(folder, patchesOf(folder, mutant));
    expect(await rightsIn(copy.folder), mutant.id).not.toBe(before);
  }
  const how = own.map(({ mutator, subject, how: what }) => `${mutator}: ${subject} ${what}`);
  expect(how).toEqual(
    expect.arrayContaining([
      "grant-widened: the key of files agent granted everything too",
      "grant-missing: the key of files agent not granted filesystem",
      "team-changed: the key of team member team with filesystem too",
      "team-changed: the key of team member without its team",
      "tool-grant-changed: the key of file reader may use write_file of filesystem too",
      "models-changed: the key of coding agent for every model",
      "keys-swapped: the key of coding agent has the rights of files agent, and the other way round",
      "server-for-all-keys: server everything for all keys",
    ]),
  );
  // The key opens one path and no MCP, so that a grant changes nothing.
  expect(how).not.toContain("grant-widened: the key of status poll granted everything too");
});

test("most mutants still load; the others are refused with a fault, not with a crash", async () => {
  let refused = 0;
  const sample = sampleOf(await mutantsIn(reference), 60, "loader");
  for (const mutant of sample) {
    using copy = patchedCopy(reference, patchesOf(reference, mutant));
    try {
      await loadDeployment(copy.folder);
    } catch (error) {
      expect(error, mutant.id).toBeInstanceOf(DeploymentError);
      refused++;
    }
  }
  expect(refused).toBeLessThan(sample.length / 3);
});

test("a sample is the same for a seed, and contains every kind", async () => {
  const mutants = await mutantsIn(reference);
  const sample = sampleOf(mutants, 40, "1");
  expect(sampleOf(mutants, 40, "1")).toEqual(sample);
  expect(sampleOf(mutants, 40, "2")).not.toEqual(sample);
  expect(sample).toHaveLength(40);
  const there = new Set(mutants.map(({ kind }) => kind));
  expect(kinds.filter((kind) => there.has(kind) && !sample.some((mutant) => mutant.kind === kind))).toEqual([]);
});

test("an entry of equivalent-mutants.yaml that names no mutant is a fault with its line", () => {
  const entry = '- mutant: "label-dropped | … | dropped"\n  reason: because\n- mutant: gone\n  reason: because\n';
  using copy = patchedCopy(reference, [{ file: "equivalent-mutants.yaml", write: entry }]);
  const change = { subject: "label a", how: "dropped", shown: { file: "x", start: 0, end: 0, text: "" }, edits: [] };
  const mutant: Mutant = {
    ...change,
    id: "label-dropped | label a | dropped",
    kind: "Traefik labels",
    mutator: "label-dropped",
  };
  expect(() => readEquivalents(copy.folder, [mutant])).toThrow(
    /equivalent-mutants\.yaml:3: no mutant is called 'gone'/,
  );
});

test("every entry of the reference's own list names a mutant", async () => {
  expect(readEquivalents(reference, await mutantsIn(reference)).size).toBeGreaterThan(0);
});

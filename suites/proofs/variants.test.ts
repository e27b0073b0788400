import { readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readVariant } from "../../helpers/deployment/source/variant.ts";
import { runBroken, specFiles } from "./broken-deployment.ts";
import { BrokenDeployments } from "./broken-deployments.ts";

const folder = resolve("deployments/variants");
const variants = readdirSync(folder)
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => ({ name: basename(name, ".yaml"), ...readVariant(join(folder, name)) }));

const broken = new BrokenDeployments();
afterAll(async () => await broken[Symbol.asyncDispose]());

test.concurrent.for(variants.filter(({ stage }) => stage === "edge"))(
  "$name: nothing fails at the edge",
  async ({ patches, base }) => {
    expect(await broken.edge(patches, base)).toEqual({ failed: [], messages: {}, undecided: [] });
  },
);

test.for(variants.filter(({ stage }) => stage === "gateway"))(
  "$name: nothing fails on the gateway",
  async ({ patches, base, versions, specs }) => {
    const run = await runBroken(patches, specFiles(specs, []), base, { config: { versions, starvedChecks: "repeat" } });
    expect(run.failed, run.output).toEqual([]);
  },
);

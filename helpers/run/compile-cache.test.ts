import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const run = promisify(execFile);

/** A worker that is started afterwards says where its compiled modules are kept. */
const script = `
  import { Worker } from "node:worker_threads";
  import { keepCompiledModules } from ${JSON.stringify(join(import.meta.dirname, "compile-cache.ts"))};
  keepCompiledModules();
  new Worker('console.log(process.getBuiltinModule("node:module").getCompileCacheDir() ?? "nowhere")', { eval: true });
`;

async function directoryOfWorker(environment: Record<string, string | undefined>): Promise<string> {
  const { NODE_COMPILE_CACHE: _, NODE_DISABLE_COMPILE_CACHE: __, ...inherited } = process.env;
  const env = { ...inherited, ...environment };
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script], { env });
  return stdout.trim();
}

test("workers keep compiled modules with the packages", async () => {
  const packages = join(import.meta.dirname, "..", "..", "node_modules");
  expect(await directoryOfWorker({})).toContain(join(packages, ".cache", "compiled"));
});

test("the operator's own compile cache is used", async () => {
  const own = await mkdtemp(join(tmpdir(), "compiled-"));
  onTestFinished(() => rm(own, { recursive: true }));
  expect(await directoryOfWorker({ NODE_COMPILE_CACHE: own })).toContain(own);
});

test("where nothing can be written, modules are compiled anew", async () => {
  expect(await directoryOfWorker({ NODE_COMPILE_CACHE: "/dev/null/compiled" })).toBe("nowhere");
});

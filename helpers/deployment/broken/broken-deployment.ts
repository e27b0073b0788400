import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { DeploymentError, faultLine, type InputFault } from "../../core/errors.ts";
import { loadDeployment } from "../load.ts";
import type { DeploymentNote } from "../source/note-list.ts";
import { type Patch, patchedCopy } from "../source/patched-copy.ts";

const reference = resolve(import.meta.dirname, "../../../deployments/reference");

/** The faults and notes of a patched copy of the reference, with paths relative to the copy. */
export async function faultsOf(patches: readonly Patch[]): Promise<{
  faults: InputFault[];
  notes: readonly DeploymentNote[];
  lineOf: (file: string, text: string) => number;
}> {
  using copy = patchedCopy(reference, patches);
  const { folder } = copy;
  const texts = new Map<string, string>();
  const remember = (file: string): void => {
    try {
      texts.set(file, readFileSync(join(folder, file), "utf8"));
    } catch {
      // The patch removed it.
    }
  };
  for (const file of [
    "policy.yaml",
    "compose.yaml",
    "compose.override.yaml",
    "litellm.env.example",
    "litellm/config.yaml",
    "litellm/scoped_keys.py",
    "clients/codex/config.toml",
  ])
    remember(file);
  const lineOf = (file: string, text: string): number => {
    const lines = (texts.get(file) ?? "").split("\n");
    const found = lines.flatMap((line, index) => (line.includes(text) ? [index + 1] : []));
    const [line] = found;
    if (line === undefined || found.length > 1) throw new Error(`'${text}' is in ${found.length} lines of ${file}`);
    return line;
  };
  const own = <T extends { file: string }>(one: T): T => ({ ...one, file: one.file.replace(`${folder}/`, "") });
  try {
    const { facts } = await loadDeployment(folder);
    return { faults: [], notes: facts.notes.notes.map(own), lineOf };
  } catch (error) {
    if (!(error instanceof DeploymentError)) throw error;
    return { faults: error.faults.map(own), notes: [], lineOf };
  }
}

/** A deployment that is broken in one way, and the one fault that it must have. */
export interface Broken {
  name: string;
  patches: Patch[];
  /** File of the fault. */
  file: string;
  /**
   * The line that the fault must name: text of exactly one line (after the patch), "" for line 1,
   * "nowhere" for any later line, undefined for a fault of the whole file.
   */
  at: string | undefined;
  what: RegExp;
  fix?: RegExp;
  /** Total number of faults; 1 unless a mistake shows in two files. */
  faults?: number;
}

/** A deployment that the programs start with, and the note that the report must have of it. */
export interface Noted extends Omit<Broken, "faults" | "at"> {
  at: string;
  why?: RegExp;
}

/** Makes a patch maker for one file of the reference: `find` must occur there. */
const patchOf =
  (file: string) =>
  (find: string, replace: string): Patch => ({ file, find, replace });

/** A patch of the compose file. */
export const compose = patchOf("compose.yaml");
/** A patch of the policy. */
export const policy = patchOf("policy.yaml");
/** A patch of LiteLLM's config. */
export const litellm = patchOf("litellm/config.yaml");
/** A patch of the env file. */
export const env = patchOf("litellm.env.example");
/** A patch of Codex's config. */
export const codex = patchOf("clients/codex/config.toml");

/** Tests that each broken deployment has its one fault, with file, line, what and fix. */
export function testFaults(broken: readonly Broken[]): void {
  test.each(broken)("$name", async ({ patches, file, at, what, fix, faults: count = 1 }) => {
    const { faults, lineOf } = await faultsOf(patches);
    const all = faults.map(faultLine).join("\n");
    const fault = faults.find((item) => item.file === file && what.test(item.what));
    expect(fault, `no such fault among:\n${all}`).toBeDefined();
    if (at === undefined) expect(fault?.line).toBeUndefined();
    else if (at === "") expect(fault?.line).toBe(1);
    else if (at !== "nowhere") expect(fault?.line, all).toBe(lineOf(file, at));
    if (at === "nowhere") expect(fault?.line, all).toBeGreaterThan(1);
    expect(fault?.fix).toMatch(fix ?? /\S/);
    for (const item of faults) {
      expect(faultLine(item)).not.toMatch(/[\r\n]/);
      expect(item.fix.trim()).not.toBe("");
    }
    expect(faults.length, all).toBe(count);
  });
}

/** Tests that each deployment is accepted, and has a note with file, line, what, why and fix. */
export function testNotes(noted: readonly Noted[]): void {
  test.each(noted)("$name", async ({ patches, file, at, what, why, fix }) => {
    const { faults, notes, lineOf } = await faultsOf(patches);
    expect(faults.map(faultLine)).toEqual([]);
    const all = notes.map((one) => `${one.file}:${one.line}: ${one.what}: ${one.why}; ${one.fix}`).join("\n");
    const note = notes.find((one) => one.file === file && what.test(one.what));
    expect(note, `no such note among:\n${all}`).toBeDefined();
    expect(note?.line, all).toBe(lineOf(file, at));
    expect(note?.why).toMatch(why ?? /\S/);
    expect(note?.fix).toMatch(fix ?? /\S/);
  });
}

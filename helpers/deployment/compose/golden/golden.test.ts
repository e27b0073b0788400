import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { FaultList } from "../../source/fault-list.ts";
import { HostFiles } from "../../source/host-files.ts";
import type { Written } from "../../source/location.ts";
import { NoteList } from "../../source/note-list.ts";
import { SourceFile } from "../../source/source-file.ts";
import { parseEnvFile } from "../environment/env-file.ts";
import { EnvFiles } from "../environment/env-files.ts";
import { interpolate } from "../environment/interpolation.ts";
import { type ReadCompose, readCompose } from "../read-compose.ts";
import { canonicalExpected, canonicalRead } from "./canonical-form.ts";

const folder = import.meta.dirname;

interface Case {
  files: string[];
  variables: string[];
  profiles: string[];
}

/** Reads a case as the deployment's facts would. */
function readCase(name: string): { read: ReadCompose | undefined; faults: string[] } {
  const home = resolve(folder, "cases", name);
  const { files, variables, profiles }: Case = JSON.parse(readFileSync(join(home, "case.json"), "utf8"));
  const faults = new FaultList();
  const notes = new NoteList();
  const shell = new Map<string, Written<string>>(
    variables.map((text) => {
      const [variable = "", ...value] = text.split("=");
      return [variable, { value: value.join("="), location: { file: "policy.yaml", line: 1 } }];
    }),
  );
  const host = new HostFiles(home, new Map(), ["/"]);
  const envFiles = new EnvFiles({ host, replace: new Map(), faults, notes });
  const dotEnv = join(home, ".env");
  const project = {
    name: undefined,
    folder: home,
    files: files.map((file) => join(home, file)),
    envFile: existsSync(dotEnv) ? dotEnv : undefined,
    profiles,
  };
  const read = readCompose([project], {
    host,
    envFiles,
    shell,
    declared: new Map(),
    replace: new Map(),
    faults,
    notes,
  });
  return { read, faults: faults.faults.map(({ what }) => what) };
}

describe("compose files", () => {
  test.each(readdirSync(join(folder, "cases")))("%s", (name) => {
    const expected = JSON.parse(readFileSync(join(folder, "cases", name, "expected.json"), "utf8"));
    const { read, faults } = readCase(name);
    if ("refused" in expected) {
      const missing = [...(read?.compose.services.values() ?? [])].flatMap((service) => service.missing);
      expect([...faults, ...missing], `compose refuses it: ${expected.refused}`).not.toEqual([]);
      return;
    }
    expect(faults).toEqual([]);
    expect(read && canonicalRead(read.compose, join(folder, "cases", name))).toEqual(canonicalExpected(expected));
  });
});

interface Rows<T> {
  variables: Record<string, string>;
  rows: ({ text: string } & T)[];
}

const templates: Rows<{ value?: string; refused?: string }> = JSON.parse(
  readFileSync(join(folder, "templates.json"), "utf8"),
);

describe("interpolated texts", () => {
  test.each(templates.rows)("$text", ({ text, value, refused }) => {
    const result = interpolate(text, new Map(Object.entries(templates.variables)));
    const isRefused = result.problems.some(({ kind }) => kind !== "unset");
    expect(isRefused, refused).toBe(refused !== undefined);
    if (!isRefused) expect(result.value).toBe(value);
  });
});

const dotenv: Rows<{ values?: Record<string, string>; refused?: string }> = JSON.parse(
  readFileSync(join(folder, "dotenv.json"), "utf8"),
);

describe("env files", () => {
  test.each(dotenv.rows)("$text", ({ text, values = {}, refused }) => {
    const faults = new FaultList();
    const outer = new Map(Object.entries(dotenv.variables));
    const variables = parseEnvFile(new SourceFile("/x/.env", text), { outer, faults, notes: new NoteList() });
    expect(faults.empty, refused).toBe(refused === undefined);
    if (refused === undefined)
      expect(Object.fromEntries([...variables].map(([name, { value }]) => [name, value]))).toEqual(values);
  });
});

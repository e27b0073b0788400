import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { PackageSpec } from "../../../helpers/deployment/services/package-spec.ts";
import { contextFiles, imagesFolder, lockedVersions, type Recipe } from "./recipe.ts";
import { defaultVersions, type ImagePart, Recipes } from "./recipes.ts";

const recipes = new Recipes([]);
const parts = Object.keys(defaultVersions).filter((part): part is ImagePart => part !== "litellm");

describe("the recipes", () => {
  it.each(parts)("can build %s in its default version", (part) => {
    const recipe = recipes.of(part, defaultVersions[part]);
    expect(recipe.missing).toBeUndefined();
    expect(contextFiles(recipe).map(({ path }) => path)).toContain("Dockerfile");
  });

  it("install a version without a lock by its number, where packages have it", () => {
    const traefik = recipes.of("traefik", "3.4.1");
    expect([traefik.missing, traefik.arguments]).toEqual([undefined, { VERSION: "3.4.1" }]);
    const litellm = recipes.litellm("1.83.14", { database: false });
    expect([litellm.missing, litellm.arguments]).toEqual([undefined, { VERSION: "1.83.14" }]);
    expect(recipes.litellm("1.77.1", { database: false }).arguments).toBeUndefined();
  });

  it("name the versions that there are where packages have none, or the folder to add", () => {
    expect(recipes.liteLLMPostgres("1.65.0").missing).toContain("has no migrations in its packages");
    expect(recipes.liteLLMPostgres("1.65.1").missing).toBeUndefined();
    expect(recipes.of("traefik", "2.11.0").missing).toContain("no package has Traefik before version 3");
    expect(recipes.of("codex", "9.9.9").missing).toMatch(/^add a lock in the folder .*codex\/9\.9\.9, or use one of/);
  });

  it("take Debian's PostgreSQL for a version that no package has, and say so", () => {
    const { missing, builtVersion, packages } = recipes.of("postgres", "16");
    expect([missing, builtVersion]).toEqual([undefined, "17"]);
    expect(packages).toBe("Debian trixie postgresql-17, in place of version 16");
  });

  it("install a single package of which the suite has a lock by it, and several by name", () => {
    const postgres = { ecosystem: "pypi", name: "postgres-mcp", version: "0.3.0" } as const;
    const service = (packages: readonly PackageSpec[]): Recipe | undefined =>
      recipes.service("db", { from: "packages", packages, entrypoint: undefined, command: undefined });
    const files = (recipe: Recipe | undefined): string[] =>
      recipe === undefined ? [] : contextFiles(recipe).map(({ path }) => path);
    expect(files(service([postgres]))).toEqual(["Dockerfile", "requirements.txt"]);
    expect(files(service([postgres, { ecosystem: "pypi", name: "mcp", version: "1.30.0" }]))).toEqual([
      "Dockerfile",
      "requirements.in",
    ]);
    expect(files(service([{ ...postgres, version: "0.2.0" }]))).toContain("requirements.in");
  });

  it("put this machine's certificates into the base image", () => {
    const trusting = new Recipes(["-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----"]);
    const base = trusting.of("postgres", "17").parents.BASE;
    expect(Object.keys(base?.files ?? {})).toContain("host-certificates/0.crt");
  });
});

describe("the locks", () => {
  const folders = [
    ...[
      "node",
      "traefik",
      "litellm",
      "codex",
      "claude-code",
      "open-webui",
      "inspector",
      "python-sdk",
      "typescript-sdk",
    ],
    ...["upstreams/postgres-mcp", "upstreams/mcp-server-filesystem"],
  ];
  const locks = folders.flatMap((folder) => lockedVersions(folder).map((version) => `${folder}/${version}`));

  it.each(locks)("pin %s by hash, and name no index", (folder) => {
    const python = join(imagesFolder, folder, "requirements.txt");
    if (existsSync(python)) {
      const text = readFileSync(python, "utf8");
      const pinned = text.match(/^[a-z0-9][^\n]*==[^\n]*\\\n +--hash=sha256:[0-9a-f]{64}/gim) ?? [];
      expect(pinned.length).toBe((text.match(/^[a-z0-9]/gim) ?? []).length);
      expect(text).not.toMatch(/index-url|https?:/);
    } else {
      const lock: unknown = JSON.parse(readFileSync(join(imagesFolder, folder, "package-lock.json"), "utf8"));
      const { packages } = lock as { packages: Record<string, { integrity?: string; resolved?: string }> };
      for (const [path, entry] of Object.entries(packages).filter(([path]) => path !== "")) {
        expect(entry.integrity, path).toMatch(/^sha512-/);
        expect(entry.resolved, path).toBeUndefined();
      }
    }
  });

  it("use the Node version of package.json", () => {
    const project: unknown = JSON.parse(readFileSync(join(imagesFolder, "..", "..", "..", "package.json"), "utf8"));
    const { devDependencies } = project as { devDependencies: Record<string, string> };
    const node = (recipe: Recipe): Recipe | undefined => recipe.parents.NODE;
    expect(node(recipes.of("codex", defaultVersions.codex))?.version).toBe(devDependencies.node);
  });
});

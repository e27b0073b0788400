import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
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

  it("name the folder to add for a version without a lock", () => {
    expect(recipes.of("traefik", "9.9.9").missing).toBe(
      "add a lock in the folder containers/images/contexts/traefik/9.9.9, or use one of 3.5.3, 3.7.15",
    );
    expect(recipes.litellm("2.0.0").missing).toContain("containers/images/contexts/litellm/2.0.0");
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

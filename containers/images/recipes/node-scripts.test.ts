import { expect, test } from "vitest";
import type { NodeModules } from "../../../helpers/deployment/services/node-packages.ts";
import { withNodeScripts } from "./node-scripts.ts";
import { contextFiles } from "./recipe.ts";
import { Recipes } from "./recipes.ts";

const recipes = new Recipes([]);
const litellm = recipes.litellm("1.77.1", { database: false });

const modulesOf = (directory: string, dependencies: Record<string, string>, lock?: string): NodeModules => ({
  directory,
  manifest: JSON.stringify({ private: true, dependencies }),
  ...(lock === undefined ? {} : { lock }),
  imported: Object.keys(dependencies).map((name) => ({ name, location: { file: "/server.js", line: 1 } })),
  newest: [],
});

test("an image without scripts stays as it is", () => {
  expect(withNodeScripts(litellm, recipes.runtime, [])).toBe(litellm);
});

test("Node.js comes behind the image's own programs, and node_modules into the script's directory", () => {
  const recipe = withNodeScripts(litellm, recipes.runtime, [
    { program: "/usr/bin/node", modules: modulesOf("/app/mcp", { zod: "3.25.76" }, "{}"), isInImage: false },
    { program: "nodejs", isInImage: false },
  ]);
  const text = typeof recipe.dockerfile === "object" ? recipe.dockerfile.text : "";
  expect(text).toContain('COPY --from=modules0 ["/installed/","/app/mcp/"]');
  expect(text).toContain("RUN test -e '/usr/bin/node' || ln -s /opt/runtime/bin/node '/usr/bin/node'");
  expect(text).toMatch(/^ENV PATH=\$PATH:\/opt\/node-of-the-suite$/m);
  const { MODULES0: modules } = recipe.parents;
  const files = modules === undefined ? [] : contextFiles(modules).map(({ path }) => path);
  expect(files).toEqual(["Dockerfile", "package-lock.json", "package.json"]);
});

test("scripts of one directory share its node_modules", () => {
  const recipe = withNodeScripts(litellm, recipes.runtime, [
    { program: "node", modules: modulesOf("/srv", { zod: "latest" }), isInImage: false },
    { program: "node", modules: modulesOf("/srv", { pino: "latest" }), isInImage: false },
  ]);
  const { MODULES0: modules, MODULES1: other } = recipe.parents;
  expect(other).toBeUndefined();
  expect(JSON.parse(modules?.files?.["package.json"] ?? "")).toEqual({
    private: true,
    dependencies: { zod: "latest", pino: "latest" },
  });
});

import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GenericContainer } from "testcontainers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectEngine } from "../../containers/engine/engine.ts";
import { Images } from "../../containers/images/images.ts";
import { execute } from "../../containers/parts/container-command.ts";
import { runConfig } from "../../helpers/core/run-config.ts";
import { progress } from "../../helpers/core/terminal/progress.ts";
import { writeExamplePages } from "./example-pages.ts";
import type { PageFaults } from "./look-at-pages.ts";

/** Where the container has the pages. */
const inContainer = "/pages";

/** Two widths, light and dark. */
const views = 4;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pages-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("each page is sound in a real Chromium: nothing clipped, no error, no request, nothing serious for axe-core", async () => {
  const pages = await writeExamplePages(folder);
  const root = join(import.meta.dirname, "..", "..");
  cpSync(join(root, "node_modules", "axe-core", "axe.min.js"), join(folder, "axe.min.js"));
  cpSync(join(import.meta.dirname, "look-at-pages.ts"), join(folder, "look-at-pages.ts"));
  mkdirSync(join(folder, "screenshots"));

  const engine = await connectEngine({ progress });
  const image = await new Images(engine, { ...runConfig().images, progress }).get("browser");
  const container = await new GenericContainer(image.reference)
    .withNetworkMode("none")
    .withCopyDirectoriesToContainer([{ source: folder, target: inContainer }])
    .withCommand(["sleep", "infinity"])
    .start();
  try {
    // playwright-core is next to the image's own script.
    await execute(engine, container.getId(), ["cp", `${inContainer}/look-at-pages.ts`, "/app/look-at-pages.ts"]);
    const looked = await execute(engine, container.getId(), [
      "node",
      "/app/look-at-pages.ts",
      `${inContainer}/axe.min.js`,
      `${inContainer}/screenshots`,
      ...pages.map(({ path, layout }) => `${layout}:${inContainer}/${path}`),
    ]);
    expect(looked.exitCode, looked.stderr).toBe(0);
    const found: PageFaults[] = JSON.parse(looked.stdout);
    expect(found).toHaveLength(pages.length * views);
    expect(found.filter(({ faults }) => faults.length > 0)).toEqual([]);
    const listed = await execute(engine, container.getId(), ["ls", `${inContainer}/screenshots`]);
    expect(listed.stdout.trim().split("\n")).toHaveLength(pages.length * views);
  } finally {
    await container.stop({ timeout: 0 });
  }
});

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import type * as FileSystem from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { publishLatest } from "./publish-latest.ts";

/** As the system refuses to move a folder on which a volume is mounted, and to move a folder to it. */
vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof FileSystem>();
  const rename = async (from: string, to: string): Promise<void> => {
    if (from.endsWith("volume")) throw Object.assign(new Error("EBUSY: resource busy or locked"), { code: "EBUSY" });
    if (to.endsWith("volume")) throw Object.assign(new Error("EXDEV: cross-device link"), { code: "EXDEV" });
    await real.rename(from, to);
  };
  return { ...real, rename };
});

test("a report on a volume of its own replaces the earlier one, and leaves lost+found", async () => {
  const root = mkdtempSync(join(tmpdir(), "publish-"));
  const [volume, run] = [join(root, "volume"), join(root, ".running", "one")];
  for (const folder of [join(volume, "lost+found"), join(run, "html")]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(volume, "run.json"), "earlier");
  writeFileSync(join(run, "html", "index.html"), "now");
  expect(await publishLatest(run, volume)).toBe(volume);
  expect(readdirSync(volume).toSorted()).toEqual(["html", "lost+found"]);
  expect(readdirSync(join(volume, "html"))).toEqual(["index.html"]);
  expect(existsSync(run)).toBe(false);
  rmSync(root, { recursive: true });
});

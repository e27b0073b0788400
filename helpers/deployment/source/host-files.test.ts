import { join } from "node:path";
import { expect, test } from "vitest";
import { HostFiles } from "./host-files.ts";
import { writtenFolder } from "./written-folder.ts";

test("what stands for a file of the folder does so until the file is there", () => {
  for (const [files, expected] of [
    [{ "init.env": "" }, "init.env"],
    [{ "init.env": "", ".env": "" }, ".env"],
  ] as const) {
    using deployment = writtenFolder(files);
    const at = (name: string): string => join(deployment.folder, name);
    const host = new HostFiles(deployment.folder, new Map([[at(".env"), at("init.env")]]));
    expect(host.find(at(".env"))).toEqual({ path: at(expected), state: "present" });
  }
});

test("what stands for a directory of the host stands for the files in it", () => {
  using deployment = writtenFolder({ "copy/config.yaml": "" });
  const host = new HostFiles(deployment.folder, new Map([["/srv/litellm", join(deployment.folder, "copy")]]));
  expect(host.find("/srv/litellm/config.yaml")).toEqual({
    path: join(deployment.folder, "copy/config.yaml"),
    state: "present",
  });
  expect(host.find("/srv/other").state).toBe("outside");
});

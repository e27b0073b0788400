import { chmodSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readFacts } from "../../../helpers/deployment/facts.ts";
import { writtenFolder } from "../../../helpers/deployment/source/written-folder.ts";
import { type RenderContext, renderService } from "./render-service.ts";

test("a mounted script stays executable", async () => {
  using deployment = writtenFolder({
    "compose.yaml": "services: { a: { image: x, volumes: ['./start:/start', './settings:/settings'] } }\n",
    start: "#!/bin/sh\n",
    settings: "a=1\n",
  });
  chmodSync(join(deployment.folder, "start"), 0o744);
  const facts = readFacts(deployment.folder);
  const service = facts.compose?.services.get("a");
  if (service === undefined) throw new Error("the service could not be read");
  const { files } = await renderService({ deployment: { facts } } as unknown as RenderContext, service);
  expect(files.map(({ target, mode }) => [target, mode])).toEqual([
    ["/start", 0o755],
    ["/settings", 0o644],
  ]);
});

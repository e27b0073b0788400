import { chmodSync, truncateSync } from "node:fs";
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

test.each([
  { size: 1024 ** 2, copied: ["/app"], left: [] },
  { size: 21 * 1024 ** 2, copied: [], left: ["nothing copied to /app"] },
])("a build context of $size bytes: what the Dockerfile copies is copied, unless it is large", async (given) => {
  using deployment = writtenFolder({
    "compose.yaml": "services: { a: { build: . } }\n",
    Dockerfile: "FROM ghcr.io/berriai/litellm:main-v1.106.2\nCOPY . /app\n",
    "data/large": "",
  });
  truncateSync(join(deployment.folder, "data/large"), given.size);
  const facts = readFacts(deployment.folder);
  const service = facts.compose?.services.get("a");
  if (service === undefined) throw new Error("the service could not be read");
  const { directories, changes } = await renderService({ deployment: { facts } } as unknown as RenderContext, service);
  expect(directories.map(({ target }) => target)).toEqual(given.copied);
  expect(changes.map(({ what }) => what)).toEqual(given.left);
});

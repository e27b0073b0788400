import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadDeployment } from "../../load.ts";
import { type Patch, patchedCopy } from "../../source/patched-copy.ts";
import { withTraefik } from "../../types.ts";
import { knownCauseOf } from "../causes.ts";

const file = "dynamic/api.yml";
const change = (find: string, replace: string): Patch => ({ file, find, replace });
const transport = "serversTransport: slow } }";

/** Why a changed example's router `api` is not used, and which line says so. */
async function causeIn(...patches: Patch[]) {
  using copy = patchedCopy("deployments/examples/allow-list", patches);
  const { traefikModel: model, facts } = withTraefik(await loadDeployment(copy.folder));
  const router = model.routerOf("api@file");
  const known = router && knownCauseOf(model, router);
  const notes = facts.notes.notes.filter(({ what }) => what.includes("servers transport"));
  expect(notes.length).toBe(known === undefined ? 0 : 1);
  if (known === undefined) return undefined;
  const { file: at, line } = known.location;
  return { ...known, location: readFileSync(at, "utf8").split("\n")[line - 1]?.trim() };
}

test.for<[string, Patch[], string]>([
  ["a mistyped name", [change(transport, "serversTransport: slo } }")], "write 'slow'"],
  ["a name of another provider", [change(transport, "serversTransport: slow@docker } }")], "write 'slow@file'"],
  [
    "the part of a service",
    [
      change(transport, "serversTransport: slo } }\n    all: { weighted: { services: [{ name: litellm }] } }"),
      change("      service: litellm\n      middlewares", "      service: all\n      middlewares"),
    ],
    "write 'slow'",
  ],
])("a servers transport that nothing defines is the cause: %s", async ([, patches, fix]) => {
  const found = await causeIn(...patches);
  expect(found?.cause).toMatch(
    /^the service 'litellm' names the servers transport 'slo\S*', which nothing defines: Traefik dis/,
  );
  expect(found?.fix).toBe(fix);
  expect(found?.location).toMatch(/^litellm: \{ loadBalancer/);
});

test.for<[string, Patch[]]>([
  ["one of the file", []],
  ["with its provider", [change(transport, "serversTransport: slow@file } }")]],
  ["Traefik's own", [change(transport, "serversTransport: default@internal } }")]],
  ["one of another provider", [change(transport, "serversTransport: slow@consul } }")]],
  [
    "one of a file that can't be rendered",
    [
      change(transport, "serversTransport: other } }"),
      {
        file: "dynamic/more.yml",
        write: 'http:\n  serversTransports:\n{{ range (ls "x") }}\n    other: {}\n{{ end }}\n',
      },
    ],
  ],
])("nothing is said of %s", async ([, patches]) => {
  expect(await causeIn(...patches)).toBeUndefined();
});

import { expect, test } from "vitest";
import { readFacts } from "../../facts.ts";
import { smallDeployment } from "../small-deployment.ts";
import { writtenAllowList } from "./allow-lists.ts";

const compose = `services:
  traefik:
    image: traefik:v3.5.3
    command: [--entryPoints.web.address=:80, --providers.file.filename=/rules.yml]
    environment: { LAN: 127.0.0.1/32 }
    volumes: ["./rules.yml:/rules.yml"]
`;

const list = (ranges: string): string => `      sourceRange: ${ranges}\n`;

test.each([
  ["written in a plain file", list("['127.0.0.1/32']"), undefined],
  ["by an action", list(`['{{ env "LAN" }}']`), "{{ … }}"],
  ["written in a template of other lines", `${list("['127.0.0.1/32']")}# {{ env "LAN" }}\n`, undefined],
  ["one of them by an action", list(`\n      - 10.0.0.0/8\n      - '{{ env "LAN" }}'`), "{{ … }}"],
  ["written line by line", `${list("\n      - 10.0.0.0/8\n      - 127.0.0.1/32")}# {{ env "LAN" }}\n`, undefined],
  ["written in a block", `{{ if env "LAN" }}\n${list("['127.0.0.1/32']")}{{ end }}\n`, "{{ … }}"],
  [
    "written after a block",
    `{{ if env "LAN" }}\n      rejectStatusCode: 404\n{{ end }}\n${list("['127.0.0.1/32']")}`,
    undefined,
  ],
])("ranges %s: by a template or a variable", (_, options, byVariable) => {
  using deployment = smallDeployment({
    "compose.yaml": compose,
    "rules.yml": `http:\n  middlewares:\n    own:\n     ipAllowList:\n${options}`,
  });
  const written = writtenAllowList(readFacts(deployment.folder).traefik("traefik"), {
    kind: "middleware",
    name: "own@file",
  });
  expect(written?.location.file).toMatch(/rules\.yml$/);
  expect(written?.byVariable).toBe(byVariable);
});

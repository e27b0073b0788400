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

test.each([
  ["['127.0.0.1/32']", undefined],
  [`['{{ env "LAN" }}']`, "{{ … }}"],
])("the ranges %s are by a variable: %s", (ranges, byVariable) => {
  using deployment = smallDeployment({
    "compose.yaml": compose,
    "rules.yml": `http: { middlewares: { own: { ipAllowList: { sourceRange: ${ranges} } } } }\n`,
  });
  const written = writtenAllowList(readFacts(deployment.folder).traefik("traefik"), "own@file");
  expect(written?.byVariable).toBe(byVariable);
  expect(written?.location.line).toBe(1);
});

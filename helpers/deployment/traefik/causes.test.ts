import { expect, test } from "vitest";
import { readFacts } from "../facts.ts";
import { smallDeployment } from "../infer/small-deployment.ts";
import { causeOfErrors } from "./causes.ts";

test.each([
  ['middleware "strict@file" does not exist', "the middleware 'strict@file'"],
  ["building router handler: unknown TLS options: modern@file", "the TLS options 'modern@file'"],
  ["an error without a name", "the middleware 'strict@file'"],
])("of several mistakes, Traefik's error %j is explained by the one that it names", (error, cause) => {
  using deployment = smallDeployment({
    "compose.yaml": `services:
  traefik:
    image: traefik:v3.5.3
    command: [--providers.docker, "--entrypoints.web.address=:80"]
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    labels:
      traefik.http.routers.llm.rule: Host(\`llm.example.org\`)
      traefik.http.routers.llm.middlewares: strict@file
      traefik.http.routers.llm.tls.options: modern@file
`,
  });
  const model = readFacts(deployment.folder).traefik("traefik");
  if (model === undefined) throw new Error("the deployment has no Traefik");
  expect(causeOfErrors(model, { name: "llm@docker", errors: [error] })?.cause).toContain(cause);
});

test("what Traefik ignores in a source is not the cause of a router's error; the middleware is, whose value the error says", () => {
  using deployment = smallDeployment({
    "compose.yaml": `services:
  traefik:
    image: traefik:v3.5.3
    command: [--providers.docker, "--entrypoints.web.address=:80"]
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    labels:
      traefik.http.routers.other.rule: Host(\`other.example.org\`)
      traefik.http.routers.other.tls.certresolver: ""
      traefik.http.routers.llm.rule: Host(\`llm.example.org\`)
      traefik.http.routers.llm.middlewares: people
      traefik.http.middlewares.people.basicauth.usersfile: /run/users
`,
  });
  const model = readFacts(deployment.folder).traefik("traefik");
  if (model === undefined) throw new Error("the deployment has no Traefik");
  const error = "open /run/users: no such file or directory";
  const found = causeOfErrors(model, { name: "llm@docker", errors: [error] });
  expect(found).toMatchObject({ cause: error, location: { line: 12 } });
});

import { expect, test } from "vitest";
import { readFacts } from "../facts.ts";
import { smallDeployment } from "../infer/small-deployment.ts";
import { causeOfErrors } from "./causes.ts";

/** What explains an error of the router `llm`, by LiteLLM's labels; the first label is on line 8. */
function causeBy(labels: readonly string[], error: string): ReturnType<typeof causeOfErrors> {
  using deployment = smallDeployment({
    "compose.yaml": `services:
  traefik:
    image: traefik:v3.5.3
    command: [--providers.docker, "--entrypoints.web.address=:80"]
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    labels:
${labels.map((label) => `      traefik.http.${label}`).join("\n")}
`,
  });
  const model = readFacts(deployment.folder).traefik("traefik");
  if (model === undefined) throw new Error("the deployment has no Traefik");
  return causeOfErrors(model, { name: "llm@docker", errors: [error] });
}

test.each([
  ['middleware "strict@file" does not exist', "the middleware 'strict@file'"],
  ["building router handler: unknown TLS options: modern@file", "the TLS options 'modern@file'"],
  ["an error without a name", "the middleware 'strict@file'"],
])("of several mistakes, Traefik's error %j is explained by the one that it names", (error, cause) => {
  const labels = [
    "routers.llm.rule: Host(`llm.example.org`)",
    "routers.llm.middlewares: strict@file",
    "routers.llm.tls.options: modern@file",
  ];
  expect(causeBy(labels, error)?.cause).toContain(cause);
});

test("what Traefik ignores in a source is not the cause of a router's error; the middleware is, whose value the error says", () => {
  const labels = [
    "routers.other.rule: Host(`other.example.org`)",
    'routers.other.tls.certresolver: ""',
    "routers.llm.rule: Host(`llm.example.org`)",
    "routers.llm.middlewares: people",
    "middlewares.people.basicauth.usersfile: /run/users",
  ];
  const error = "open /run/users: no such file or directory";
  expect(causeBy(labels, error)).toMatchObject({ cause: error, location: { line: 12 } });
});

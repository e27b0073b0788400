import { expect, test } from "vitest";
import { readFacts } from "../../facts.ts";
import { smallDeployment } from "../../infer/small-deployment.ts";

const auth = "http: { middlewares: { auth: { basicAuth: { users: ['a:b'] } } } }\n";

/** What Traefik's model has of a deployment whose labels name `auth@file`, with these files. */
function modelWith(files: Readonly<Record<string, string>>, option = "directory=/dynamic") {
  using deployment = smallDeployment({
    "compose.yaml": `services:
  traefik:
    image: traefik:v3.5.3
    command: [--providers.docker, --providers.file.${option}]
    volumes: [./dynamic:/dynamic]
  llm:
    image: busybox
    labels: { traefik.http.routers.llm.rule: Host(\`a.b\`), traefik.http.routers.llm.middlewares: auth@file }
`,
    ...files,
  });
  const facts = readFacts(deployment.folder);
  const model = facts.traefik();
  return {
    files: (model?.files?.files ?? []).map(({ path, standIn }) => [path, standIn]),
    middleware: model?.middlewareOf("auth@file")?.location.file.slice(deployment.folder.length + 1),
    problems: (model?.problems ?? []).map(({ what }) => what),
    notes: facts.notes.notes.flatMap(({ kind, what, line }) => (kind === "change" ? [`${line}: ${what}`] : [])),
  };
}

test.each(["auth.yml.example", "auth.yml.sample", "auth.yml.dist", "own/auth.yml.template"])(
  "an example that defines what labels name stands for the file that is missing: %s",
  (name) => {
    const path = `/dynamic/${name.replace(/\.\w+$/, "")}`;
    expect(modelWith({ [`dynamic/${name}`]: auth, "dynamic/z.yml": "# nothing\n" })).toEqual({
      files: [
        [path, "example"],
        ["/dynamic/z.yml", undefined],
      ],
      middleware: `dynamic/${name}`,
      problems: [],
      notes: [`1: '${path}' is missing among the deployment's files, and this example of it is there`],
    });
  },
);

test("an example counts where the one file of the provider is missing", () => {
  const { files, problems } = modelWith({ "dynamic/auth.yml.example": auth }, "filename=/dynamic/auth.yml");
  expect([files, problems]).toEqual([[["/dynamic/auth.yml", "example"]], []]);
});

test("an example that a needed example names is needed too", () => {
  const chain = "http: { middlewares: { auth: { chain: { middlewares: [inner] } } } }\n";
  const inner = "http: { middlewares: { inner: { stripPrefix: { prefixes: [/a] } } } }\n";
  const { files, problems } = modelWith({
    "dynamic/auth.yml.example": chain,
    "dynamic/inner.yml.example": inner,
    "dynamic/other.yml.example": "http: { middlewares: { other: { stripPrefix: { prefixes: [/a] } } } }\n",
  });
  expect(files).toEqual([
    ["/dynamic/auth.yml", "example"],
    ["/dynamic/inner.yml", "example"],
  ]);
  expect(problems).toEqual([]);
});

test("an example that names of a file's router lead to is needed", () => {
  const { files } = modelWith({
    "dynamic/auth.yml": auth,
    "dynamic/routers.yml": "http: { routers: { ui: { rule: Host(`a.b`), service: own } } }\n",
    "dynamic/own.yml.example": "http: { services: { own: { loadBalancer: { servers: [{ url: 'http://a' }] } } } }\n",
  });
  expect(files).toContainEqual(["/dynamic/own.yml", "example"]);
});

test.each<[string, Record<string, string>, number]>([
  ["of a file that is there", { "dynamic/auth.yml": auth, "dynamic/auth.yml.example": auth }, 0],
  ["of what another file defines", { "dynamic/own.yml": auth, "dynamic/auth.yml.example": auth }, 0],
  ["of what nothing names", { "dynamic/own.yml.example": auth.replaceAll("auth:", "own:") }, 1],
  ["that Traefik would not read", { "dynamic/auth.yml.example": "http: [\n" }, 1],
  ["of a file that Traefik passes over", { "dynamic/auth.txt.example": auth }, 1],
])("an example %s is not read", (_, files, problems) => {
  const found = modelWith(files);
  expect(found.files.filter(([, standIn]) => standIn !== undefined)).toEqual([]);
  expect([found.notes, found.problems.length]).toEqual([[], problems]);
});

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readFacts } from "../facts.ts";
import { smallDeployment } from "../infer/small-deployment.ts";
import { loadDeployment } from "../load.ts";
import { patchedCopy } from "../source/patched-copy.ts";
import type { TextChange } from "../source/text-edit.ts";
import type { TraefikModel } from "./model.ts";
import type { TraefikProblem } from "./problems.ts";

function modelOf(folder: string, service = "traefik"): TraefikModel {
  const model = readFacts(folder).traefik(service);
  if (model === undefined) throw new Error(`${folder} has no Traefik`);
  return model;
}

test("every option of a router and of a middleware has its own line", () => {
  const model = modelOf("deployments/reference");
  const router = model.routerOf("litellm-status@docker");
  const rule = router?.location.line ?? 0;
  expect(router?.options.get("entrypoints")?.location.line).toBe(rule - 1);
  expect(router?.options.get("middlewares")?.location.line).toBe(rule + 3);
  const header = model
    .middlewareOf("litellm-status-key@docker")
    ?.options.get("headers.customrequestheaders.Authorization");
  expect(header?.location.line).toBe(rule + 5);
  expect(header?.text?.value.text).toBe("Bearer ${LITELLM_STATUS_KEY}");
});

test("an entry point with defaults of its own prefixes the router's live name", () => {
  expect(modelOf("deployments/reference").routerOf("websecure-litellm-bearer-ext@docker")?.name).toBe(
    "litellm-bearer-ext",
  );
});

test.each([
  ["deployments/reference", '      a.b: "1"\n', '      a.b: "1"\n'],
  ["deployments/as-found", "", '      - "a.b=1"\n'],
])("labels of %s are edited in the form in which they are written", async (folder, _, added) => {
  const { traefikModel } = await loadDeployment(folder);
  const priority = traefikModel?.routerOf("litellm-bearer")?.options.get("priority");
  const text = (change: TextChange | undefined): string | undefined => change?.edits.map((edit) => edit.text).join("");
  expect(text(priority?.text?.addAfter([{ key: "a.b", value: "1" }]))).toBe(added);
  expect(text(priority?.text?.value.replace("51"))).toMatch(/^"(?:.*=)?51"$/);
  expect(text(priority?.text?.remove())).toBe("");
});

test.each([
  ["api@internal", false],
  ["board", true],
])("a container on two networks is asked for one where Traefik calls it: %s", (service, isAsked) => {
  using deployment = smallDeployment({
    "compose.yaml": `services:
  traefik:
    image: traefik:v3.5.3
    command: [--providers.docker, --api, "--entrypoints.web.address=:80"]
    networks: [one, two]
    labels: { traefik.http.routers.board.rule: "Host(\`board.lan\`)", traefik.http.routers.board.service: "${service}", traefik.http.services.board.loadbalancer.server.port: "8080" }
networks: { one: {}, two: {} }
`,
  });
  const found = modelOf(deployment.folder).problems.map(({ what }) => what);
  expect(found.some((what) => /on 2 networks and nothing says/.test(what))).toBe(isAsked);
});

test("labels of a container that Traefik ignores make no routers", () => {
  using copy = patchedCopy("deployments/reference", [
    { file: "compose.yaml", find: 'traefik.enable: "true"', replace: 'traefik.enable: "false"' },
  ]);
  const model = modelOf(copy.folder);
  expect(model.routers).toEqual([]);
  expect(model.labels.length).toBeGreaterThan(0);
});

test("static options come from a file that is mounted where Traefik looks, routers from templates in a directory", () => {
  const model = modelOf("deployments/examples/allow-list", "edge");
  expect(model.static.source).toMatchObject({ kind: "file", file: { path: "/etc/traefik/traefik.yaml" } });
  expect([...model.static.entryPoints.keys()]).toEqual(["websecure", "metrics"]);
  expect(model.static.entryPoints.get("websecure")).toMatchObject({ port: 443, tls: true });
  expect(model.providers).toEqual(["file"]);
  expect(model.routers.map(({ name, provider, ruleText }) => [name, provider, ruleText.slice(0, 23)])).toEqual([
    ["api", "file", "Host(`api.example.dev`)"],
    ["deny", "file", "Host(`api.example.dev`)"],
  ]);
  expect(model.routerOf("api@file")?.location).toMatchObject({
    file: expect.stringMatching(/dynamic\/api\.yml$/),
    line: 4,
  });
  expect(model.middlewareOf("rate", "file")).toMatchObject({ kind: "ratelimit", location: { line: 21 } });
  expect(model.problems).toEqual([]);
});

test("a value of a template's file is changed in the file as written", () => {
  const rule = modelOf("deployments/examples/allow-list", "edge").routerOf("deny@file")?.options.get("rule");
  expect(rule?.value).toBe("Host(`api.example.dev`)");
  const source = readFileSync("deployments/examples/allow-list/dynamic/api.yml", "utf8");
  const [edit] = rule?.text?.value.replace("Host(`x`)").edits ?? [];
  expect(source.slice(edit?.start, edit?.end)).toBe("'Host(`api.{{ env \"DOMAIN\" }}`)'");
});

test("a name of another provider is found there", () => {
  using copy = patchedCopy("deployments/reference", [
    {
      file: "compose.yaml",
      find: "middlewares: litellm-status-key",
      replace: "middlewares: litellm-status-key@file",
    },
  ]);
  const facts = readFacts(copy.folder);
  expect(facts.traefik()?.problems.map(({ what, fix }) => [what, fix])).toEqual([
    [
      "the router 'litellm-status' names the middleware 'litellm-status-key@file', which nothing defines",
      "write 'litellm-status-key'",
    ],
  ]);
});

test.for([
  ["swarm", "litellm-stack.yml", "tls.certresolver: cf", "tls.certresolver: cloud", "the router 'litellm'"],
  ["database", "compose.yaml", "http.tls.certresolver=le", "http.tls.certresolver=el", "the entry point 'websecure'"],
])(
  "a certificate resolver that nothing defines is a problem: %s",
  async ([example = "", file = "", find = "", replace = "", subject = ""]) => {
    const problemsOf = async (patches: { file: string; find: string; replace: string }[]) => {
      using copy = patchedCopy(`deployments/examples/${example}`, patches);
      const { traefikModel } = await loadDeployment(copy.folder);
      return traefikModel?.problems.filter(({ scope }) => scope.kind === "certificate") ?? [];
    };
    expect(await problemsOf([])).toEqual([]);
    expect(await problemsOf([{ file, find, replace }])).toMatchObject([
      { what: expect.stringMatching(new RegExp(`^${subject} names the certificate resolver`)) },
    ]);
  },
);

test.each([
  ["HostRegexp(`{any:.+}`)", "{any:.+}"],
  ["HostRegexp(`{sub}.example.org`)", "{sub}"],
  ["Host(`a.example.org`) && PathPrefix(`/{id:[0-9]+}`)", "{id:[0-9]+}"],
  ["HostRegexp(`^[a-z]{2,3}[.]example[.]org$`)", undefined],
])("a rule of version 2's syntax is named where version 3's counts: %s", (rule, variable) => {
  using deployment = smallDeployment({
    "compose.yaml": `services:
  traefik:
    image: traefik:v3.5.3
    command: [--providers.docker=true, --entryPoints.web.address=:80]
    labels:
      traefik.http.routers.all.rule: "${rule}"
`,
  });
  const facts = readFacts(deployment.folder);
  facts.traefik();
  expect(facts.faults.faults).toEqual([]);
  const found = facts.notes.notes.flatMap(({ what, line }) =>
    /version 2's syntax/.test(what) ? [{ what, line }] : [],
  );
  const what = `the rule of the router 'all' has '${variable}', which is version 2's syntax`;
  expect(found).toEqual(variable === undefined ? [] : [{ what, line: 6 }]);
});

function withDynamicFiles(
  mount: string,
  target = "/dynamic",
): {
  found: (name: string) => string | undefined;
  notes: string[];
  problems: readonly TraefikProblem[];
} {
  using deployment = smallDeployment({
    "compose.yaml": `services:
  traefik:
    image: traefik:v3.5.3
    command: [--providers.docker, --providers.file.directory=/dynamic, "--entrypoints.web.address=:80"]
    volumes: ["${mount}:${target}"]
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    labels:
      traefik.http.routers.llm.rule: Host(\`llm.example.org\`)
      traefik.http.routers.llm.middlewares: strict@file, open@file
      traefik.http.routers.llm.tls.options: modern@file
volumes: { dyn: }
`,
  });
  const facts = readFacts(deployment.folder);
  const model = facts.traefik("traefik");
  return {
    found: (name) => model?.middlewareOf(name)?.kind,
    notes: facts.notes.notes.filter(({ kind }) => kind === "not-proved").map(({ what }) => what),
    problems: model?.problems ?? [],
  };
}

test.each([
  ["dyn", "the volume 'dyn'"],
  ["/srv/traefik/dynamic", "/srv/traefik/dynamic"],
])("middlewares of files that are elsewhere (%s) let every request pass, and are not proved", (mount, place) => {
  const { found, notes, problems } = withDynamicFiles(mount);
  expect([found("strict@file"), found("open@file")]).toEqual(["stripprefix", "stripprefix"]);
  expect(notes).toEqual([
    `the file provider reads '/dynamic' from ${place}, which is not among the deployment's files`,
    expect.stringContaining("the middleware 'strict@file' is in"),
    expect.stringContaining("the middleware 'open@file' is in"),
  ]);
  expect(problems).toEqual([]);
});

test("a directory of the folder that is missing is noted once", () => {
  const { notes } = withDynamicFiles("./dynamic");
  expect(notes).toEqual(["the file provider reads '/dynamic' from ./dynamic, which is mounted but missing"]);
});

test.each([
  [
    "a mount that is missing",
    "./dynamic",
    "/dynamic",
    /, but .*, mounted at \/dynamic, has no '\/dynamic', which the file provider reads$/,
    /^write/,
  ],
  [
    "a mount of a similar name",
    ".",
    "/dynamics",
    /, but nothing is mounted at '\/dynamic', which the file provider reads$/,
    /^write '\/dynamics'/,
  ],
  [
    "another mount",
    ".",
    "/etc/traefik",
    /, but nothing is mounted at '\/dynamic', which the file provider reads$/,
    /^mount the files there/,
  ],
])("a name of a file provider without files is missing because of its path: %s", (_, mount, target, what, fix) => {
  const { found, problems } = withDynamicFiles(mount, target);
  expect(found("strict@file")).toBeUndefined();
  expect(problems.map((one) => /'(\w+@file)', but/.exec(one.what)?.[1])).toEqual([
    "strict@file",
    "open@file",
    "modern@file",
  ]);
  for (const one of problems) {
    expect(one).toMatchObject({ location: { line: 4 }, scope: { kind: "router", name: "llm@docker" } });
    expect(one.what).toMatch(what);
    expect(one.fix).toMatch(fix);
  }
});

test.each([
  ['traefik.enable: "false"', []],
  ['traefik.enable: "true"', ["Traefik reads none of the labels of the container of 'a'"]],
])("a container with %s and without a provider that reads labels", (label, expected) => {
  using deployment = smallDeployment({
    "compose.yaml": `services:
  traefik:
    image: traefik:v3.5.3
    command: [--providers.file.directory=/dynamic]
    volumes: [./dynamic:/dynamic]
  a:
    image: a
    labels: { ${label} }
`,
    "dynamic/own.yaml": "http: {}\n",
  });
  const facts = readFacts(deployment.folder);
  facts.traefik();
  expect(facts.notes.notes.flatMap(({ what }) => (what.includes("none of the labels") ? [what] : []))).toEqual(
    expected,
  );
});

test.each([
  ["", 1],
  ["command: [--configFile=/etc/traefik/traefik.yml]", 1],
  ["command: [--providers.docker=true]", 0],
  ["environment: { TRAEFIK_PROVIDERS_DOCKER: 'true' }", 0],
])("a directory of the host that may have the static file is asked for: %j", (more, count) => {
  using deployment = smallDeployment({
    "compose.yaml": `services:\n  traefik:\n    image: traefik:v3.5.3\n    volumes: [/opt/traefik:/etc/traefik:ro]\n    ${more}\n`,
  });
  const facts = readFacts(deployment.folder);
  facts.traefik();
  expect(facts.faults.faults.filter(({ what }) => what.includes("in the directory /etc/traefik"))).toHaveLength(count);
});

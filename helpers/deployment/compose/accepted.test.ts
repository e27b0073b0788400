import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { type Facts, type FactsOptions, readFacts } from "../facts.ts";
import type { Written } from "../source/location.ts";
import { writtenFolder } from "../source/written-folder.ts";

/** Reads a deployment of these files; paths in the options are relative to its folder. */
function read(files: Readonly<Record<string, string>>, options: (folder: string) => FactsOptions = () => ({})): Facts {
  using deployment = writtenFolder(files);
  return readFacts(deployment.folder, options(deployment.folder));
}

function notesOf({ notes }: Facts): string[] {
  return notes.notes.map(({ kind, line, what, why }) => `${kind} ${line ?? ""}: ${what}; ${why}`);
}

const location = { file: "policy.yaml", line: 1 };
const given = (values: Readonly<Record<string, string>>): Map<string, Written<string>> =>
  new Map(Object.entries(values).map(([name, value]) => [name, { value, location }]));

test("what compose accepts with a warning is a note with its line", () => {
  const facts = read({
    "compose.yaml":
      "services:\n  a:\n    image: x\n    environment:\n      ONE: $NOWHERE\n      TWO:\n    volumes: [./missing:/x:ro, ./data:/data, ./acme:/etc/traefik/acme, ./acme.json:/acme.json, ./ssl:/etc/nginx/ssl:ro, ./ca.crt:/ca.crt, ./gcp-credentials.json:/gcp.json:ro, ./secrets/adc:/adc:ro, ./.htpasswd:/users:ro, ./users.txt:/users.txt, ./Caddyfile:/Caddyfile, ./.env.local:/app/env, ./rules:/etc/rules]\n",
    "docker-compose.yml": "services: {}\n",
    ".env": "A=1\nA=2\nB=pa$ss\n",
  });
  expect(facts.faults.faults).toEqual([]);
  expect(notesOf(facts).toSorted()).toEqual([
    "finding 2: 'A' is set a second time (first in line 1); only the last one counts",
    "finding 3: in the value of B: the variable 'ss' is not set; compose inserts an empty text",
    "finding 5: the variable 'NOWHERE' is not set; compose inserts an empty text",
    "finding 6: services.a.environment.TWO has no value, and no file gives it one; compose takes it from the host's shell, and leaves it out where that has none",
    "finding : is next to compose.yaml; compose reads only the first of the two",
  ]);
  const service = facts.compose?.services.get("a");
  // A run may leave the service out: they are findings where it does not.
  expect(service?.absentMounts.map(({ what, location: at }) => `${at.line}: ${what.split("'")[1]}`)).toEqual(
    ["missing", "users.txt", "Caddyfile", ".env.local", "rules"].map((name) => `7: ./${name}`),
  );
  expect([...(service?.environment ?? [])].map(([name, { value }]) => [name, value])).toEqual([["ONE", ""]]);
});

test("a volume that binds a directory of the host is a bind mount", () => {
  const bound = (device: string): string =>
    `{ driver: local, driver_opts: { type: none, o: bind, device: ${device} } }`;
  const facts = read({
    "compose.yaml": `services: { a: { image: x, volumes: ['here:/here:ro', 'gone:/gone', 'host:/host'] } }
volumes: { here: ${bound("./here")}, gone: ${bound("./gone")}, host: ${bound("/srv/data")} }
`,
    "here/file": "",
  });
  expect(facts.faults.faults).toEqual([]);
  const mounts = facts.compose?.services.get("a")?.mounts ?? [];
  expect(
    mounts.map(({ kind, source, isAvailable, readOnly }) => [kind, basename(source), isAvailable, readOnly]),
  ).toEqual([
    ["bind", "here", true, true],
    ["bind", "gone", false, false],
    ["bind", "data", false, false],
  ]);
  expect(notesOf(facts)).toEqual([
    "finding 1: './gone', which the volume 'gone' binds, is missing; docker refuses to start the service until it is there; here it is empty",
  ]);
});

test("the policy may name a copy of a volume, or of a file in it", () => {
  const facts = read(
    {
      "compose.yaml":
        "services: { a: { image: x, volumes: ['whole:/whole', 'part:/part'] } }\nvolumes: { whole: , part: }\n",
      "copy/file": "",
    },
    (folder) => ({ files: given({ whole: join(folder, "copy"), "part/sub/file": join(folder, "copy/file") }) }),
  );
  expect(facts.faults.faults).toEqual([]);
  const mounts = facts.compose?.services.get("a")?.mounts ?? [];
  expect(mounts.map(({ kind, source, target, isAvailable }) => [kind, basename(source), target, isAvailable])).toEqual([
    ["bind", "copy", "/whole", true],
    ["volume", "part", "/part", true],
    ["bind", "file", "/part/sub/file", true],
  ]);
});

test("a mount that is none without its variable is asked for by that variable's name", () => {
  const facts = read({ "compose.yaml": "services: { a: { image: x, volumes: ['${DATA}:/data', ':/x'] } }\n" });
  expect(facts.faults.faults.map(({ what }) => what)).toEqual([
    "the variable 'DATA' is not set, and ':/data' is not a mount without it",
    "':/x' has an empty part between its colons",
  ]);
});

test("a dollar sign in front of anything but a name is a dollar sign", () => {
  const facts = read({ "compose.yaml": 'services: { a: { image: x, command: ["^x+$", "$$y", "$(z)"] } }\n' });
  expect(facts.compose?.services.get("a")?.command).toEqual(["^x+$", "$y", "$(z)"]);
  expect(notesOf(facts)).toEqual([]);
});

test("what only an unrelated or inactive service lacks stops nothing; where it is needed, it is asked for by name", () => {
  const facts = read({
    "compose.yaml":
      "services:\n  a: { image: x }\n  other: { image: y, env_file: /srv/other.env, environment: { K: '${K:?needed}' } }\n  off: { build: ../elsewhere, env_file: none.env, profiles: [off] }\n",
  });
  expect(facts.faults.faults).toEqual([]);
  const { services, inactive } = facts.compose ?? {};
  expect([...(services?.keys() ?? [])]).toEqual(["a", "other"]);
  expect([...(inactive?.values() ?? [])].map(({ name, profiles }) => [name, profiles])).toEqual([["off", ["off"]]]);
  const other = services?.get("other");
  if (other === undefined) throw new Error("the service is missing");
  facts.requireService(other);
  expect(facts.faults.faults.map(({ what, fix }) => `${what}; ${fix}`)).toEqual([
    "the variable 'K' is required and not set: needed; set K in the project's .env file, or under 'variables:' in policy.yaml",
    "the env file '/srv/other.env' is outside of the deployment's folder; put a copy of it into the folder, and add '/srv/other.env: ./COPY' under 'files:' in policy.yaml",
  ]);
});

test("files and variables of the host come from the policy", () => {
  const facts = read(
    {
      "compose.yaml":
        "services:\n  a:\n    image: x:$TAG\n    env_file: [/srv/a.env, ~/b.env]\n    volumes: ['/srv/data:/data', '~/c:/c']\n",
      "a.env": "A=1\n",
      "home/b.env": "B=2\n",
      "home/c/file": "",
      "data/file": "",
    },
    (folder) => ({
      variables: given({ TAG: "1.2", HOME: join(folder, "home") }),
      files: given({ "/srv/a.env": join(folder, "a.env"), "/srv/data": join(folder, "data") }),
    }),
  );
  const service = facts.compose?.services.get("a");
  expect(service?.missing).toEqual([]);
  expect(service?.version).toBe("1.2");
  expect([...(service?.environment.keys() ?? [])]).toEqual(["A", "B"]);
  expect(service?.mounts.map(({ source, isAvailable }) => [source.replace(facts.folder, ""), isAvailable])).toEqual([
    ["/data", true],
    ["/home/c", true],
  ]);
});

test("a value that sops encrypted is made up, and the file is named", () => {
  const sops = (data: string): string => `ENC[AES256_GCM,data:${data},iv:7nwizy5T=,tag:na0+irGs==,type:str]`;
  const facts = read({
    "compose.yaml":
      "services:\n  a:\n    image: x\n    env_file: .env\n    environment: { URL: 'postgresql://${PG_USER}:${PG_PASSWORD}@db/${PG_DB}' }\n",
    ".env": `# mine\nPG_DB=app\nPG_USER=${sops("6mkl=")}\nPG_PASSWORD="${sops("7+DB/sf==")}"\nMASTER_KEY=${sops("P2lM==")}\nsops_version=3.12.2\n`,
  });
  expect(facts.faults.faults).toEqual([]);
  const environment = facts.compose?.services.get("a")?.environment;
  expect(environment?.get("URL")?.value).toBe("postgresql://encrypted-pg-user:encrypted-pg-password@db/app");
  expect(environment?.get("MASTER_KEY")?.value).toBe("sk-encrypted-master-key");
  expect(facts.notes.notes.map(({ what, line }) => [what, line])).toEqual([["its values are encrypted by sops", 3]]);
});

test("a file that LiteLLM reads by itself gives it variables, and overrides none", () => {
  const facts = read({
    "compose.yaml":
      "services:\n  a:\n    image: ghcr.io/berriai/litellm:x\n    volumes: ['./.env:/app/.env']\n    environment: { REGION: south }\n  b:\n    image: x\n    volumes: ['./.env:/app/.env']\n",
    ".env": "LITELLM_MASTER_KEY=sk-own\nREGION=north\n",
  });
  expect(facts.faults.faults).toEqual([]);
  const of = (service: string) =>
    Object.fromEntries(
      [...(facts.compose?.services.get(service)?.environment ?? [])].map(([name, { value }]) => [name, value]),
    );
  expect(of("a")).toEqual({ LITELLM_MASTER_KEY: "sk-own", REGION: "south" });
  expect(of("b")).toEqual({});
  expect(facts.notes.notes.map(({ what }) => what)).toEqual([
    expect.stringMatching(/gets the variables of the file on \/app\/\.env as its environment/),
  ]);
  const production = read({
    "compose.yaml":
      "services:\n  a:\n    image: litellm:x\n    volumes: ['./.env:/app/.env']\n    environment: { LITELLM_MODE: PRODUCTION }\n",
    ".env": "LITELLM_MASTER_KEY=sk-own\n",
  });
  expect(production.compose?.services.get("a")?.environment.has("LITELLM_MASTER_KEY")).toBe(false);
});

test("PWD is the project's folder, as in the shell that calls compose there", () => {
  const facts = read({
    "compose.yaml": "services:\n  a:\n    image: x\n    volumes: ['$PWD/data:/data', '${OTHER:-$PWD}:/all']\n",
    "data/file": "",
  });
  expect(facts.faults.faults).toEqual([]);
  const mounts = facts.compose?.services.get("a")?.mounts ?? [];
  expect(mounts.map(({ source }) => source.replace(facts.folder, ""))).toEqual(["/data", ""]);
});

test("several projects are one model: a name that two have gets its project's, an external network is the one that is made", () => {
  const files = (folder: string, ...names: string[]) =>
    names.map((name) => ({
      project: undefined,
      directory: undefined,
      files: [join(folder, name)],
      envFile: undefined,
      profiles: [],
      location,
    }));
  const facts = read(
    {
      "edge/compose.yaml":
        "services:\n  traefik: { image: traefik:v3, networks: [web] }\n  db: { image: one }\nnetworks: { web: { name: shared, internal: true } }\nvolumes: { data: }\n",
      "app/compose.yaml":
        "services:\n  app: { image: app, networks: [web, default], depends_on: [db], volumes: ['data:/x'] }\n  db: { image: two }\nnetworks: { web: { external: true, name: shared } }\nvolumes: { data: }\n",
    },
    (folder) => ({ compose: files(folder, "edge/compose.yaml", "app/compose.yaml") }),
  );
  expect(facts.faults.faults).toEqual([]);
  const { services, networks, volumes, projects } = facts.compose ?? {};
  expect(projects?.map(({ name }) => name)).toEqual(["edge", "app"]);
  expect([...(services?.keys() ?? [])]).toEqual(["traefik", "edge/db", "app", "app/db"]);
  expect([...(services?.get("app")?.networks.keys() ?? [])]).toEqual(["shared", "app_default"]);
  expect([...(services?.get("app")?.dependsOn.keys() ?? [])]).toEqual(["app/db"]);
  expect(services?.get("app")?.mounts.map(({ source }) => source)).toEqual(["app_data"]);
  expect([...(networks ?? [])].map(([key, { external, internal }]) => [key, external, internal])).toEqual([
    ["shared", false, true],
    ["edge_default", false, false],
    ["app_default", false, false],
  ]);
  expect([...(volumes?.keys() ?? [])]).toEqual(["edge_data", "app_data"]);
});

test("the relative paths and the env file of a project start in the directory that the policy names", () => {
  const facts = read(
    {
      "base/networks.yml": "networks: { web: {} }\n",
      "app/compose.yaml":
        "services: { app: { image: '${IMAGE}', networks: [web], volumes: ['./conf:/conf'] } }\nvolumes: { data: {} }\n",
      "conf/app.conf": "on\n",
      ".env": "IMAGE=one\n",
    },
    (folder) => ({
      compose: [
        {
          project: undefined,
          directory: folder,
          files: [join(folder, "base/networks.yml"), join(folder, "app/compose.yaml")],
          envFile: undefined,
          profiles: [],
          location,
        },
      ],
    }),
  );
  expect(facts.faults.faults).toEqual([]);
  const app = facts.compose?.services.get("app");
  expect(app?.image?.value).toBe("one");
  expect(app?.mounts.map(({ source }) => source)).toEqual([join(facts.folder, "conf")]);
  expect(facts.compose?.projects.map(({ name }) => name)).toEqual([basename(facts.folder).toLowerCase()]);
});

test("secrets are replaced in every env file, where they are pasted, and in a compose secret", () => {
  const facts = read(
    {
      "compose.yaml":
        "services:\n  a:\n    image: x\n    env_file: a.env\n    secrets: [master]\n    labels: [key=sk-pasted-0123456789]\n    environment: { URL: 'http://u:${PASSWORD}@db' }\nsecrets: { master: { external: true } }\n",
      ".env": "PASSWORD=pw-0123456789\n",
      "a.env": "KEY=sk-pasted-0123456789\n",
    },
    () => ({
      replace: new Map([
        ["PASSWORD", "new-password"],
        ["KEY", "new-key"],
        ["master", "new-master"],
      ]),
    }),
  );
  const service = facts.compose?.services.get("a");
  expect([...(service?.environment ?? [])].map(([name, { value }]) => [name, value])).toEqual([
    ["KEY", "new-key"],
    ["URL", "http://u:new-password@db"],
  ]);
  expect(service?.labels.get("key")?.value).toBe("new-key");
  expect(service?.files.map(({ target, content }) => [target, content])).toEqual([
    ["/run/secrets/master", { from: "text", text: "new-master" }],
  ]);
  expect(facts.originals?.get("KEY")?.value).toBe("sk-pasted-0123456789");
});

test("a label knows its own file, whichever of several that is", () => {
  const facts = read({
    "compose.yaml": "include: [more.yaml]\nservices: { a: { image: x } }\n",
    "compose.override.yaml": "services:\n  a:\n    labels: [one=1]\n",
    "more.yaml": "services:\n  b:\n    image: x\n    labels: { two: '2' }\n",
  });
  const [one, two] = ["a", "b"].map((name) => [...(facts.compose?.services.get(name)?.labels.values() ?? [])][0]);
  expect(one?.yaml?.file).toBe("compose.override.yaml");
  expect(one?.yaml?.at(...one.path)?.value?.text).toBe("one=1");
  expect(two?.yaml?.file).toBe("more.yaml");
  expect(two?.yaml?.at(...two.path)?.value?.text).toBe("2");
});

test.each([
  [["0.0.0.0:80:80", "[::]:80:80"], 0],
  [["127.0.0.1:80:80", "[::1]:80:80", "192.168.1.4:80:80"], 0],
  [["0.0.0.0:443:443", "[::]:443:443/udp"], 0],
  [["80:80", "[::]:80:80"], 1],
  [["0.0.0.0:80:80", "127.0.0.1:80:80"], 1],
  [["[::]:80:80", "[::1]:80:80"], 1],
])("of the published ports %j, %i collide", (ports, count) => {
  const facts = read({ "compose.yaml": `services: { a: { image: x, ports: ${JSON.stringify(ports)} } }\n` });
  const missing = facts.compose?.services.get("a")?.missing ?? [];
  expect(missing.filter(({ what }) => what.includes("published a second time"))).toHaveLength(count);
});

import { expect, test } from "vitest";
import { smallDeployment } from "../small-deployment.ts";
import { findProjects } from "./projects.ts";

const litellm = "services: { litellm: { image: ghcr.io/berriai/litellm:main-v1.77.1, networks: [edge] } }\n";
const traefik = "services: { traefik: { image: 'traefik:v3.5.3', networks: [edge] } }\n";
const both = `services:
  traefik: { image: 'traefik:v3.5.3' }
  gateway: { image: docker.litellm.ai/berriai/litellm:v1.77.1-stable }
`;
const external = "networks: { edge: { external: true } }\n";

function found(files: Readonly<Record<string, string>>) {
  using deployment = smallDeployment(files);
  const { compose, others } = findProjects(deployment.folder);
  return { compose: compose?.map(({ project, files: own }) => ({ project, files: own })), others };
}

test("what compose finds in the folder needs no 'compose:'", () => {
  expect(
    found({ "compose.yaml": both, "compose.override.yaml": "services: { gateway: { command: --port 4000 } }\n" }),
  ).toEqual({
    compose: undefined,
    others: [],
  });
});

test("a file under a name of its own that has a service and changes one of the gateway's is asked for, too", () => {
  using deployment = smallDeployment({
    "compose.yaml": both,
    "sidecar.yaml": `services:
  secrets: { image: vault-agent }
  gateway: { env_file: /run/secrets/gateway.env, depends_on: [secrets] }
`,
  });
  const { compose, others } = findProjects(deployment.folder);
  expect(others).toEqual([]);
  expect(compose?.[0]?.questions).toEqual([expect.stringMatching(/^is sidecar\.yaml used too, or in place of /)]);
});

test("a file that changes the gateway's services, and that compose reads with -f only, is asked for", () => {
  const labels = "services: { gateway: { labels: { traefik.enable: 'true' } } }\n";
  const files = {
    "compose.yaml": `${both}  photos: { image: photos }\n`,
    "compose.cloudflare.yaml": labels,
    "compose.photos.yaml": "services: { photos: { ports: ['80'] } }\n",
  };
  using deployment = smallDeployment(files);
  expect(findProjects(deployment.folder).compose).toEqual([
    expect.objectContaining({
      files: ["compose.yaml"],
      questions: [expect.stringMatching(/^is compose\.cloudflare\.yaml used too, or in place of compose\.yaml /)],
    }),
  ]);
});

test("a file that has nothing but the files that it includes is the folder's project", () => {
  const files = {
    "compose.yaml": "include: [ai/compose.yaml, { path: [edge/compose.yaml, edge/more.yaml] }]\n",
    "ai/compose.yaml": litellm,
    "edge/compose.yaml": traefik,
    "edge/more.yaml": "services: { traefik: { command: --ping } }\n",
    "photos/compose.yaml": "services: { photos: { image: photos } }\n",
  };
  expect(found(files)).toEqual({ compose: undefined, others: ["photos/compose.yaml"] });
});

test("a project whose LiteLLM is in a file that it includes, next to a Traefik of its own project", () => {
  const files = {
    "ai/compose.yaml": "include: [litellm.yaml]\nservices: { ui: { image: open-webui } }\n",
    "ai/litellm.yaml": litellm + external,
    "edge/compose.yaml": traefik + external,
    "photos/compose.yaml": "services: { photos: { image: photos } }\n",
  };
  expect(found(files)).toEqual({
    compose: [
      { project: undefined, files: ["ai/compose.yaml"] },
      { project: undefined, files: ["edge/compose.yaml"] },
    ],
    others: ["photos/compose.yaml"],
  });
});

test("an override that has nothing but labels belongs to its project", () => {
  const files = {
    "ai/compose.yaml": litellm + external,
    "ai/compose.override.yaml": "services: { litellm: { labels: { traefik.enable: 'true' } } }\n",
    "edge/compose.yaml": traefik + external,
  };
  expect(found(files).compose?.map(({ files: own }) => own)).toEqual([
    ["ai/compose.yaml", "ai/compose.override.yaml"],
    ["edge/compose.yaml"],
  ]);
});

test("an image and a network's name may be variables of the env file, or of its example", () => {
  const files = {
    "ai/compose.yaml": `${litellm}networks: { edge: { external: true, name: public } }\n`,
    "edge/compose.yaml":
      'services: { proxy: { image: "${PROXY_IMAGE}", networks: [web] } }\nnetworks: { web: { name: "${NETWORK:?}" } }\n',
    "edge/.env.example": "PROXY_IMAGE='traefik:v3.5.3' # pinned\nNETWORK=public\n",
    "photos/compose.yaml": 'services: { photos: { image: "${PROXY_IMAGE}" } }\n',
  };
  const { compose, others } = found(files);
  expect(compose?.map(({ files: own }) => own)).toEqual([["ai/compose.yaml"], ["edge/compose.yaml"]]);
  expect(others).toEqual(["photos/compose.yaml"]);
});

test("files of several folders are one project where none is complete alone", () => {
  const files = {
    "compose/base.yml": "networks: { edge: { name: edge } }\nvolumes: { certs: {} }\n",
    "services/litellm/compose.yml": litellm,
    "services/traefik/compose.yml":
      "services: { traefik: { image: 'traefik:v3.5.3', networks: [edge], volumes: ['certs:/certs', './services/traefik/made.yml:/etc/traefik/traefik.yml'] } }\n",
    "services/photos/compose.yml": "services: { photos: { image: photos, networks: [edge], depends_on: [album] } }\n",
    "services/album/compose.yml": "services: { album: { image: album, networks: [edge] } }\n",
    "services/mail/compose.yml": "services: { mail: { image: mail, networks: [edge, letters] } }\n",
    "services/old/compose.yml": "services: { traefik: { image: whoami, networks: [edge] } }\n",
    "services/alone/compose.yml": "services: { alone: { image: alone } }\n",
    "other/settings.yml": "networks: { lan: {} }\n",
  };
  using deployment = smallDeployment(files);
  const { compose, directories, others } = findProjects(deployment.folder);
  expect(compose).toMatchObject([
    {
      files: [
        "compose/base.yml",
        "services/litellm/compose.yml",
        "services/traefik/compose.yml",
        "services/album/compose.yml",
        "services/photos/compose.yml",
      ],
      directory: ".",
      questions: [expect.stringContaining("are compose/base.yml, services/litellm/compose.yml")],
    },
  ]);
  expect(directories).toEqual([deployment.folder]);
  expect(others).toEqual(["services/alone/compose.yml", "services/mail/compose.yml", "services/old/compose.yml"]);
});

test("a file that compose reads alone is joined with none of another folder", () => {
  const files = {
    "ai/compose.yaml": litellm + external,
    "base/networks.yml": "networks: { edge: {} }\n",
    "edge/compose.yaml": traefik + external,
  };
  expect(found(files).compose?.map(({ files: own }) => own)).toEqual([["ai/compose.yaml"], ["edge/compose.yaml"]]);
});

test.each([
  ["is stated", {}, [[["compose.yaml"], ["ai"]]]],
  [
    "is not stated where COMPOSE_PROFILES has one that starts it",
    { ".env": "COMPOSE_PROFILES=tunnel,all\n" },
    undefined,
  ],
])("a profile without which LiteLLM does not start %s", (_, more, expected) => {
  using deployment = smallDeployment({
    "compose.yaml": `services:
  litellm: { image: 'ghcr.io/berriai/litellm:main-v1.77.1', profiles: [ai, all] }
  tunnel: { image: cloudflared, profiles: [tunnel] }
`,
    ...more,
  });
  expect(findProjects(deployment.folder).compose?.map(({ files, profiles }) => [files, profiles])).toEqual(expected);
});

test("the profiles of what LiteLLM's config and environment name are stated, and asked for", () => {
  using deployment = smallDeployment({
    "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    profiles: [ai]
    environment: { DATABASE_URL: "postgresql://llm:\${PG:?run ./init/secrets}@pg:5432/litellm", OTHER_URL: http://other }
  db: { image: "postgres:17", container_name: pg, profiles: [data, ai] }
  search: { image: search-mcp, profiles: [tools, more], depends_on: { index: { condition: service_started } } }
  index: { image: index, profiles: [index], depends_on: { extra: { condition: service_started, required: false } } }
  notes: { image: notes-mcp, profiles: [more, tools] }
  other: { image: other, profiles: [other] }
  extra: { image: extra, profiles: [extra] }
`,
    "litellm/config.yaml": `mcp_servers:
  search: { url: "http://search:8000/mcp" }
  notes: { transport: sse, url: http://notes/sse }
# url: http://other/mcp
`,
  });
  const [project] = findProjects(deployment.folder).compose ?? [];
  expect(project?.profiles).toEqual(["ai", "tools", "index"]);
  expect(project?.questions).toEqual([
    "are the profiles tools, index on where the gateway runs? LiteLLM needs search, index, and they start with them only",
  ]);
});

test("projects in subfolders, joined by a network", () => {
  const files = {
    "proxy/docker-compose.yml": traefik + external,
    "ai/docker-compose.yml": litellm + external,
    "photos/docker-compose.yml": "services: { photos: { image: photos } }\n",
    "ai/config.yaml": "model_list: []\n",
    "proxy/rules.yml": "http: { services: { home: { loadBalancer: { servers: [] } } } }\n",
  };
  expect(found(files)).toEqual({
    compose: [
      { project: undefined, files: ["ai/docker-compose.yml"] },
      { project: undefined, files: ["proxy/docker-compose.yml"] },
    ],
    others: ["photos/docker-compose.yml"],
  });
});

const swarm = "services: { litellm: { image: 'ghcr.io/berriai/litellm:main-v1.77.1', deploy: { placement: {} } } }\n";
const extras = "services: { photos: { image: photos, networks: [edge] } }\nnetworks: { edge: {} }\n";

/** A folder, and the projects that are found in it. */
interface Named {
  what: string;
  files: Readonly<Record<string, string>>;
  compose: readonly { project: string | undefined; files: readonly string[] }[];
}

test.each([
  ["litellm_default", ""],
  ["main_default", "name: main\n"],
  ["main_backend", "name: main\nnetworks: { backend: {} }\n"],
])("a project that joins LiteLLM's own network by its name on the host, %s", (network, lines) => {
  const files = {
    "litellm/compose.yaml": `${lines}services: { litellm: { image: ghcr.io/berriai/litellm:main-v1.77.1 } }\n`,
    "servers/compose.yaml": `services: { search: { image: search } }\nnetworks: { default: { name: ${network}, external: true } }\n`,
    "photos/compose.yaml": "services: { photos: { image: photos } }\n",
  };
  const { compose, others } = found(files);
  expect(compose?.map(({ files: own }) => own)).toEqual([["litellm/compose.yaml"], ["servers/compose.yaml"]]);
  expect(others).toEqual(["photos/compose.yaml"]);
});

test("projects with different names share no network because of its key", () => {
  const project = (name: string, image: string): string =>
    `name: ${name}\nservices: { ${name}: { image: '${image}', networks: [backend] } }\nnetworks: { backend: {} }\n`;
  const files = {
    "main/compose.yaml": project("main", "ghcr.io/berriai/litellm:main-v1.77.1"),
    "photos/compose.yaml": project("photos", "photos"),
  };
  expect(found(files).others).toEqual(["photos/compose.yaml"]);
});

test.each<Named>([
  {
    what: "a stack, named after its file",
    files: { "litellm-stack.yml": litellm + external, "traefik-stack.yml": traefik + external },
    compose: [
      { project: "litellm", files: ["litellm-stack.yml"] },
      { project: "traefik", files: ["traefik-stack.yml"] },
    ],
  },
  {
    what: "a file with settings of Swarm, named after itself",
    files: { "ai/litellm.yml": swarm },
    compose: [{ project: "litellm", files: ["ai/litellm.yml"] }],
  },
  {
    what: "a file of the folder 'stacks', named after itself",
    files: { "stacks/litellm.yml": litellm + external },
    compose: [{ project: "litellm", files: ["stacks/litellm.yml"] }],
  },
  {
    what: "a file under another name, named after the folder",
    files: { "ai/podman-compose.yml": litellm + external },
    compose: [{ project: undefined, files: ["ai/podman-compose.yml"] }],
  },
  {
    what: "files of one folder, which have the same name, one project",
    files: { "ai/litellm.yml": litellm + external, "ai/traefik.yml": traefik + external },
    compose: [{ project: undefined, files: ["ai/litellm.yml", "ai/traefik.yml"] }],
  },
  {
    what: "a file with a name of its own, another project than its neighbours",
    files: { "ai/litellm.yml": `name: llm\n${litellm}${external}`, "ai/traefik.yml": traefik + external },
    compose: [
      { project: "llm", files: ["ai/litellm.yml"] },
      { project: undefined, files: ["ai/traefik.yml"] },
    ],
  },
  {
    what: "a file with a name of its own, which COMPOSE_PROJECT_NAME overrides",
    files: {
      "ai/.env.example": "COMPOSE_PROJECT_NAME=llm\n",
      "ai/compose.yml": `name: other\n${litellm}networks: { edge: {} }\n`,
      "ai/compose.extras.yml": extras,
    },
    compose: [{ project: undefined, files: ["ai/compose.yml", "ai/compose.extras.yml"] }],
  },
  {
    what: "the files of COMPOSE_FILE, one project",
    files: {
      ".env": 'COMPOSE_PATH_SEPARATOR=;\nDIR=ai\nCOMPOSE_FILE="compose.yml;$DIR/litellm.yml;labels.yml"\n',
      "compose.yml": traefik + external,
      "compose.prod.yml": "services: { traefik: { image: 'traefik:v3.6' } }\n",
      "ai/litellm.yml": litellm,
      "labels.yml": "services: { litellm: { labels: { traefik.enable: 'true' } } }\n",
    },
    compose: [{ project: undefined, files: ["compose.yml", "ai/litellm.yml", "labels.yml"] }],
  },
  {
    what: "the files of a COMPOSE_FILE in a subfolder, next to another project",
    files: {
      "ai/.env": "COMPOSE_FILE=base.yml:litellm.yml\n",
      "ai/base.yml": "networks: { edge: { external: true } }\n",
      "ai/litellm.yml": litellm,
      "edge/compose.yml": traefik + external,
    },
    compose: [
      { project: undefined, files: ["ai/base.yml", "ai/litellm.yml"] },
      { project: undefined, files: ["edge/compose.yml"] },
    ],
  },
])("$what", ({ files, compose }) => {
  expect(found(files)).toEqual({ compose, others: [] });
});

test("a COMPOSE_FILE of an example, and a file of it that is missing, are asked for", () => {
  using deployment = smallDeployment({
    ".env.example": "COMPOSE_FILE=compose.yml:local.yml\n",
    "compose.yml": litellm + external,
  });
  const [project] = findProjects(deployment.folder).compose ?? [];
  expect(project?.files).toEqual(["compose.yml"]);
  expect(project?.questions).toEqual([
    expect.stringMatching(/^does \.env set COMPOSE_FILE as its example does\?/),
    expect.stringMatching(/^what is in local\.yml\? COMPOSE_FILE \(\.env\) names it too/),
  ]);
});

test("files that share a service are one project", () => {
  const more = "services: { litellm: { environment: { A: b } } }\n";
  expect(found({ "stack.base.yml": litellm, "stack.prod.yml": more }).compose?.map(({ files }) => files)).toEqual([
    ["stack.base.yml", "stack.prod.yml"],
  ]);
});

test("what is included or extended is not a project of its own", () => {
  const files = {
    "compose.yaml": `include: [mcp/compose.yaml, db]\n${both}  base: { extends: { file: common.yaml, service: python } }\n`,
    "common.yaml": "services: { python: { image: python } }\n",
    "mcp/compose.yaml": "services: { mcp: { image: mcp/everything } }\n",
    "db/docker-compose.yml": "services: { db: { image: postgres } }\n",
  };
  expect(found(files)).toEqual({ compose: undefined, others: [] });
});

test("a service that is built from LiteLLM's image is LiteLLM", () => {
  using deployment = smallDeployment({
    "ai/compose.yaml": "services: { api: { build: ., networks: [edge] } }\nnetworks: { edge: {} }\n",
    "ai/Dockerfile": "FROM ghcr.io/berriai/litellm:main-v1.77.1\nRUN true\n",
    "photos/compose.yaml": "services: { photos: { image: photos } }\n",
  });
  const { compose, others } = findProjects(deployment.folder);
  expect([compose?.map(({ files }) => files), others]).toEqual([[["ai/compose.yaml"]], ["photos/compose.yaml"]]);
});

test("a policy, LiteLLM's config and broken YAML are not compose files", () => {
  const files = {
    "compose.yaml": both,
    "policy.yaml": "services: { litellm: gateway }\n",
    "broken/compose.yaml": "services: { a: [\n",
  };
  expect(found(files)).toEqual({ compose: undefined, others: [] });
});

test("files of one folder are one project where one names what another declares", () => {
  const files = {
    "stack/compose.ai.yml": litellm,
    "stack/compose.core.yml": `${traefik.replace("edge", "edge, ai")}networks: { edge: { name: edge }, ai: {} }\n`,
    "stack/compose.tools.yml": "services: { tool: { image: tool, networks: [ai] } }\n",
    "photos/compose.photos.yml": "services: { photos: { image: photos } }\n",
  };
  const { compose, others } = found(files);
  expect(compose?.map(({ files: own }) => own)).toEqual([
    ["stack/compose.ai.yml", "stack/compose.core.yml", "stack/compose.tools.yml"],
  ]);
  expect(others).toEqual(["photos/compose.photos.yml"]);
});

test.each(["a-servers.yml", "z-servers.yml"])(
  "files of one folder with different names are no project together: %s",
  (servers) => {
    const files = {
      "stack/core.yml": `name: home\n${traefik}networks: { edge: { name: edge } }\n`,
      "stack/litellm.yml": litellm,
      [`stack/${servers}`]: `name: servers\nservices: { tool: { image: tool, networks: [edge] } }\n${external}`,
    };
    const { compose } = found(files);
    expect(compose).toHaveLength(2);
    expect(compose).toContainEqual({ project: "home", files: ["stack/core.yml", "stack/litellm.yml"] });
    expect(compose).toContainEqual({ project: "servers", files: [`stack/${servers}`] });
  },
);

test("of two files with the gateway's services and different names, the first is read, and the other one asked for", () => {
  const stage = (name: string): string => `name: ${name}\n${litellm}${external}`;
  using deployment = smallDeployment({ "compose.dev.yml": stage("dev"), "compose.prod.yml": stage("prod") });
  const { compose } = findProjects(deployment.folder);
  expect(compose).toMatchObject([
    {
      project: "dev",
      files: ["compose.dev.yml"],
      questions: [
        "is compose.prod.yml used too, or in place of compose.dev.yml (`docker compose -f`)? It changes a service of the gateway, and is not read",
      ],
    },
  ]);
});

test("projects of one folder with different names may have services of one name", () => {
  const database = "  db: { image: postgres, networks: [edge] }\n";
  const files = {
    "litellm.yml": `name: main\nservices:\n  litellm: { image: 'ghcr.io/berriai/litellm:main-v1.77.1' }\n${database}${external}`,
    "servers.yml": `name: servers\nservices:\n  search: { image: search }\n${database}${external}`,
  };
  expect(found(files).compose).toEqual([
    { project: "main", files: ["litellm.yml"] },
    { project: "servers", files: ["servers.yml"] },
  ]);
});

test("a file with a name of its own is not part of compose's own file next to it", () => {
  const files = {
    "compose.yaml": `name: home\n${both}networks: { edge: { name: edge } }\n`,
    "servers.yaml": `name: servers\nservices: { tool: { image: tool, networks: [edge] } }\n`,
  };
  expect(found(files).others).toEqual(["servers.yaml"]);
});

test("a file that names services of compose's own file belongs to its project", () => {
  const files = {
    "compose.yaml": both,
    "compose.tools.yaml": "services: { tool: { image: tool, depends_on: [gateway] } }\n",
    "photos.yaml": "services: { photos: { image: photos, depends_on: [album] }, album: { image: album } }\n",
  };
  expect(found(files)).toEqual({
    compose: [{ project: undefined, files: ["compose.yaml", "compose.tools.yaml"] }],
    others: ["photos.yaml"],
  });
});

test("of the stacks of several hosts under one file name, the one that shares a network with Traefik is the gateway", () => {
  const stack = (network: string): string =>
    `services: { litellm: { image: 'ghcr.io/berriai/litellm:main-v1.77.1', networks: [${network}] } }\nnetworks: { ${network}: { external: true } }\n`;
  const { compose, others } = found({
    "stacks/legion/ai-stack.yml": stack("legion_net"),
    "stacks/prime/ai-stack.yml": stack("edge"),
    "stacks/prime/traefik.yml": `${traefik}${external}`,
  });
  expect(compose?.flatMap(({ files }) => files).toSorted()).toEqual([
    "stacks/prime/ai-stack.yml",
    "stacks/prime/traefik.yml",
  ]);
  expect(others).toEqual(["stacks/legion/ai-stack.yml"]);
});

test("a file with LiteLLM is not a variant of the file without it that compose finds", () => {
  const server = "services: { server: { build: ., ports: ['8000:8000'] } }\n";
  const whole = "services: { server: { image: server }, litellm: { image: ghcr.io/berriai/litellm:main-v1.77.1 } }\n";
  using deployment = smallDeployment({ "docker-compose.yml": server, "docker-compose.litellm.yml": whole });
  const { compose, others } = findProjects(deployment.folder);
  expect(compose?.map(({ files }) => files)).toEqual([["docker-compose.litellm.yml"]]);
  expect(compose?.[0]?.questions).toContain(
    "is docker-compose.litellm.yml started in place of docker-compose.yml (`docker compose -f`)? It has LiteLLM and services of the same names",
  );
  expect(others).toEqual(["docker-compose.yml"]);
  const several = { "docker-compose.yml": server, "docker-compose.dev.yml": whole, "docker-compose.prod.yml": whole };
  expect(found(several)).toEqual({
    compose: [{ project: undefined, files: ["docker-compose.dev.yml"] }],
    others: ["docker-compose.yml", "docker-compose.prod.yml"],
  });
  const change = whole.replace("image: server", "environment: { A: b }");
  expect(found({ "docker-compose.yml": server, "docker-compose.litellm.yml": change })).toEqual({
    compose: [{ project: undefined, files: ["docker-compose.yml", "docker-compose.litellm.yml"] }],
    others: [],
  });
});

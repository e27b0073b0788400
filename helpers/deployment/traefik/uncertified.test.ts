import { expect, test } from "vitest";
import { loadDeployment } from "../load.ts";
import { type Patch, patchedCopy } from "../source/patched-copy.ts";

/** What is noted about missing certificates in a changed example: the subject, the line's text and the reason. */
async function uncertifiedIn(example: string, ...patches: Patch[]) {
  using copy = patchedCopy(`deployments/examples/${example}`, patches);
  const { facts } = await loadDeployment(copy.folder);
  return facts.notes.notes.filter(({ what }) => what.includes("a certificate for"));
}

const noResolver = /Traefik serves its default certificate, which it signs itself/;
const skipped = /TLS options of its own, so that Traefik ignores the resolver 'le' of its entry point/;
const entryPoint = "traefik.http.routers.litellm.entrypoints: websecure";
const ownResolver = "traefik.http.routers.litellm.tls.certresolver: cf";
const pointsResolver = "      - --entrypoints.websecure.http.tls.certresolver=le\n";

test.for(["two-projects", "database", "swarm", "allow-list", "keycloak", "direct"])(
  "%s has what it needs, or no resolver at all",
  async (example) => {
    expect(await uncertifiedIn(example)).toEqual([]);
  },
);

test("a router with TLS of its own does not get the resolver of its entry point", async () => {
  const find = entryPoint;
  const replace = `${find}\n      traefik.http.routers.litellm.tls: "true"`;
  const [note] = await uncertifiedIn("database", { file: "compose.yaml", find, replace });
  expect(note?.why).toMatch(skipped);
  expect(note?.what).toMatch(/the router 'litellm' has TLS.*litellm\.example\.org/);
  expect(note?.weight).toBe("advice");
});

test("a router without a resolver is named by its rule", async () => {
  const change = { file: "litellm-stack.yml", find: ownResolver, replace: 'traefik.http.routers.litellm.tls: "true"' };
  const [note, ...others] = await uncertifiedIn("swarm", change);
  expect(note?.why).toMatch(noResolver);
  expect(note?.file).toMatch(/litellm-stack\.yml$/);
  expect(others).toEqual([]);
});

test.for<[string, string]>([
  ["*.example.net", "a certificate for all names of the domain"],
  ["litellm.example.net", "a certificate for the name"],
])("a resolver of another router gets %s: %s", async ([domain]) => {
  const other = `traefik.http.routers.other.rule: Path(\`/nothing\`)
        traefik.http.routers.other.tls.certresolver: cf
        traefik.http.routers.other.tls.domains[0].main: example.net
        traefik.http.routers.other.tls.domains[0].sans: "${domain}"
        traefik.http.routers.other.service: litellm`;
  const replace = `traefik.http.routers.litellm.tls: "true"\n        ${other}`;
  expect(await uncertifiedIn("swarm", { file: "litellm-stack.yml", find: ownResolver, replace })).toEqual([]);
});

test("a certificate for names below a domain is none for the names below those", async () => {
  const other = `traefik.http.routers.other.rule: Host(\`*.net\`)
        traefik.http.routers.other.tls.certresolver: cf
        traefik.http.routers.other.service: litellm`;
  const replace = `traefik.http.routers.litellm.tls: "true"\n        ${other}`;
  const notes = await uncertifiedIn("swarm", { file: "litellm-stack.yml", find: ownResolver, replace });
  expect(notes).toHaveLength(1);
});

test.for<[string, Patch]>([
  [
    "a file of the operator's",
    {
      file: "dynamic.toml",
      find: "[tls.options.default]",
      replace: '[[tls.certificates]]\n  certFile = "/certs/a.pem"\n[tls.options.default]',
    },
  ],
  [
    "another provider",
    {
      file: "static.toml",
      find: "[certificatesResolvers.cf.acme]",
      replace: '[providers.consul]\n  rootKey = "t"\n[certificatesResolvers.cf.acme]',
    },
  ],
])("%s may bring the certificate", async ([, patch]) => {
  const change = { file: "litellm-stack.yml", find: ownResolver, replace: 'traefik.http.routers.litellm.tls: "true"' };
  expect(await uncertifiedIn("swarm", change, patch)).toEqual([]);
});

test("an entry point without a resolver names the router", async () => {
  const change = {
    file: "compose.yaml",
    find: pointsResolver,
    replace: "      - --entrypoints.websecure.http.tls=true\n",
  };
  const [note] = await uncertifiedIn("database", change);
  expect(note?.why).toMatch(noResolver);
});

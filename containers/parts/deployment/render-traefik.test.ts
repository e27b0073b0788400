import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { parse as parseToml } from "smol-toml";
import { expect, test } from "vitest";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { type Patch, patchedCopy } from "../../../helpers/deployment/source/patched-copy.ts";
import { withTraefik } from "../../../helpers/deployment/types.ts";
import type { EdgeContext } from "./render-context.ts";
import { renderTraefik } from "./render-traefik.ts";
import { hostCertificate } from "./traefik/host-certificate.ts";
import { labelsOfRun } from "./traefik/labels.ts";

async function contextOf(name: string): Promise<EdgeContext> {
  const deployment = withTraefik(await loadDeployment(`deployments/${name}`));
  return { deployment, mark: "m", networks: new Map(), processors: 2 };
}

function fileOf(rendered: Awaited<ReturnType<typeof renderTraefik>>, target: string): string {
  return String(rendered.files.find((file) => file.target === target)?.content);
}

test("what the operator says of Traefik's API stays in force", async () => {
  const { command } = await renderTraefik(await contextOf("reference"));
  expect(command).toEqual(
    expect.arrayContaining(["--api.insecure=true", "--entryPoints.traefik.address=127.0.0.1:8080"]),
  );
  expect(command?.filter((flag) => flag.startsWith("--api"))).toHaveLength(2);
});

test("a static file stays a file: resolvers and plugins are dropped, the operator's listeners stay", async () => {
  const rendered = await renderTraefik(await contextOf("examples/two-projects"));
  expect(rendered.command).toBeUndefined();
  const file = JSON.parse(fileOf(rendered, "/etc/traefik/traefik.yml"));
  expect(file.certificatesResolvers).toBeUndefined();
  expect(file.experimental).toBeUndefined();
  expect(file.api).toEqual({ dashboard: true, insecure: true });
  expect(file.entryPoints).toMatchObject({
    traefik: { address: ":8083" },
    smtp: { address: ":25", asDefault: "true" },
  });
  const rules = JSON.parse(fileOf(rendered, "/etc/traefik/rules.yml"));
  expect(Object.keys(rules.http.middlewares["sso-redirect"])).toEqual(["stripPrefix"]);
  expect(rules.http.middlewares["lan-only"]).toEqual({ ipWhiteList: { sourceRange: ["192.168.1.0/24"] } });
});

test("a port of the host that LiteLLM publishes is LiteLLM's container in the run", async () => {
  using copy = patchedCopy("deployments/examples/two-projects", [
    { file: "traefik/rules.yml", find: "http://home:80", replace: "http://192.168.1.10:4000/v1" },
    { file: "litellm/docker-compose.yml", find: "127.0.0.1:4000:4000", replace: "192.168.1.10:4000:4000" },
  ]);
  const deployment = withTraefik(await loadDeployment(copy.folder));
  const { files, changes } = await renderTraefik({ deployment, mark: "m", networks: new Map(), processors: 2 });
  const rules = JSON.parse(String(files.find(({ target }) => target === "/etc/traefik/rules.yml")?.content));
  expect(rules.http.services.home.loadBalancer.servers).toEqual([{ url: "http://litellm.through-host:4000/v1" }]);
  expect(changes.map(({ where, what }) => `${where} ${what}`)).toContain(
    "rules.yml:http.services.home http://192.168.1.10:4000/v1 is LiteLLM's container",
  );
  expect(deployment.litellm.networks.get("through-host.suite")).toEqual(["litellm.through-host"]);
});

test("a certificate whose files are only on the host is dropped, one of the deployment stays", async () => {
  using copy = patchedCopy("deployments/examples/two-projects", [
    {
      file: "traefik/rules.yml",
      find: "http:\n  routers:",
      replace: `tls:
  stores: { default: { defaultCertificate: { certFile: /certs/host.pem, keyFile: /certs/host.key } } }
  certificates:
    - { certFile: /certs/host.pem, keyFile: /certs/host.key }
    - { certFile: /etc/traefik/traefik.yml, keyFile: /etc/traefik/traefik.yml }
http:
  routers:`,
    },
  ]);
  const deployment = withTraefik(await loadDeployment(copy.folder));
  const { files, changes } = await renderTraefik({ deployment, mark: "m", networks: new Map(), processors: 2 });
  const { tls } = JSON.parse(String(files.find(({ target }) => target === "/etc/traefik/rules.yml")?.content));
  expect(tls).toEqual({
    stores: { default: {} },
    certificates: [{ certFile: "/etc/traefik/traefik.yml", keyFile: "/etc/traefik/traefik.yml" }],
  });
  expect(changes.map(({ where, what }) => `${where} ${what}`)).toEqual(
    expect.arrayContaining([
      "rules.yml:tls.stores.default dropped defaultCertificate",
      "rules.yml:tls.certificates dropped 1 of 2",
    ]),
  );
});

test("names are not strict where the deployment has no certificate", async () => {
  const strict = (certificate: string) => ({
    file: "traefik/rules.yml",
    find: "http:\n  routers:",
    replace: `tls: { options: { default: { sniStrict: true, minVersion: VersionTLS12 } }${certificate} }\nhttp:\n  routers:`,
  });
  using without = patchedCopy("deployments/examples/two-projects", [strict("")]);
  const deployment = withTraefik(await loadDeployment(without.folder));
  const rendered = await renderTraefik({ deployment, mark: "m", networks: new Map(), processors: 2 });
  expect(JSON.parse(fileOf(rendered, "/etc/traefik/rules.yml")).tls).toEqual({
    options: { default: { minVersion: "VersionTLS12" } },
  });
  using own = patchedCopy("deployments/examples/two-projects", [
    strict(", certificates: [{ certFile: /etc/traefik/traefik.yml, keyFile: /etc/traefik/traefik.yml }]"),
  ]);
  const other = withTraefik(await loadDeployment(own.folder));
  const kept = await renderTraefik({ deployment: other, mark: "m", networks: new Map(), processors: 2 });
  expect(JSON.parse(fileOf(kept, "/etc/traefik/rules.yml")).tls.options.default.sniStrict).toBe(true);
});

/** Rendered with the certificate of the run. */
async function withCertificate(
  example: string,
  ...patches: Patch[]
): Promise<Awaited<ReturnType<typeof renderTraefik>>> {
  using copy = patchedCopy(`deployments/${example}`, patches);
  const deployment = withTraefik(await loadDeployment(copy.folder));
  const certificate = await hostCertificate(deployment);
  return await renderTraefik({ deployment, certificate, mark: "m", networks: new Map(), processors: 2 });
}

test("clients get a certificate that they can verify, named by a file provider of the run's where there is none", async () => {
  const rendered = await withCertificate("reference");
  expect(rendered.command).toContain("--providers.file.filename=/gateway-conformance/tls/hosts.yaml");
  const { tls } = JSON.parse(fileOf(rendered, "/gateway-conformance/tls/hosts.yaml"));
  const { certFile, keyFile } = tls.certificates[0];
  const certificate = new X509Certificate(fileOf(rendered, certFile));
  expect(certificate.checkPrivateKey(createPrivateKey(fileOf(rendered, keyFile)))).toBe(true);
  expect(certificate.subjectAltName).toBe("DNS:litellm.ai-servicers.com");
  const deployment = await loadDeployment("deployments/reference");
  const authority = new X509Certificate((await hostCertificate(deployment))?.authority ?? "");
  expect(certificate.verify(authority.publicKey)).toBe(true);
  expect(rendered.changes.map(({ what }) => what)).toContain("added a certificate for litellm.ai-servicers.com");
});

test("the certificate is named in the operator's own file or next to it, and not where the deployment has its own", async () => {
  const file = await withCertificate("examples/two-projects");
  const { tls, http } = JSON.parse(fileOf(file, "/etc/traefik/rules.yml"));
  expect(tls.certificates).toHaveLength(1);
  expect(Object.keys(http.routers).length).toBeGreaterThan(0);
  const directory = await withCertificate("examples/allow-list");
  expect(directory.files.map(({ target }) => target)).toContain("/etc/traefik/dynamic/gateway-conformance-tls.yaml");
  const empty = await withCertificate("examples/two-projects", { file: "traefik/rules.yml", write: "# nothing yet\n" });
  expect(JSON.parse(fileOf(empty, "/etc/traefik/rules.yml")).tls.certificates).toHaveLength(1);
  const rules = (text: string) => ({
    file: "traefik/rules.yml",
    find: "http:\n  routers:",
    replace: `${text}\nhttp:\n  routers:`,
  });
  const pair = "[{ certFile: /etc/traefik/traefik.yml, keyFile: /etc/traefik/traefik.yml }]";
  const added = "added a certificate for llm.example.com";
  const changesWith = async (...patches: Patch[]) =>
    (await withCertificate("examples/two-projects", ...patches)).changes.map(({ what }) => what);
  expect(await changesWith()).toContain(added);
  expect(await changesWith(rules("# certFile: /etc/traefik/traefik.yml"))).toContain(added);
  expect(await changesWith(rules(`tls: { certificates: ${pair} }`))).not.toContain(added);
  expect(await changesWith(rules("http: {}"))).not.toContain(added);
});

test("Swarm's provider and labels are docker's in the run", async () => {
  const context = await contextOf("examples/swarm");
  const rendered = await renderTraefik(context);
  expect(rendered.command).toEqual(["--configFile=/etc/traefik/traefik.toml"]);
  expect(parseToml(fileOf(rendered, "/etc/traefik/traefik.toml")).providers).toMatchObject({
    docker: { exposedByDefault: "false" },
    file: { filename: "/etc/traefik/dynamic.toml" },
  });
  const labels = labelsOfRun(context, context.deployment.litellm);
  expect(labels["traefik.docker.network"]).toBe("traefik-net");
  expect(labels["traefik.swarm.network"]).toBeUndefined();
  expect(labels["traefik.http.routers.litellm.middlewares"]).toBe("authelia@docker,gzip@file");
});

test("a name of docker's provider, which Swarm's labels cannot use, is a name of nothing in the run too", async () => {
  const patch = { file: "litellm-stack.yml", find: "authelia@swarm", replace: "authelia@docker" };
  using copy = patchedCopy("deployments/examples/swarm", [patch]);
  const deployment = withTraefik(await loadDeployment(copy.folder));
  const labels = labelsOfRun({ deployment, mark: "m", networks: new Map(), processors: 2 }, deployment.litellm);
  expect(labels["traefik.http.routers.litellm.middlewares"]).toBe("authelia@swarm,gzip@file");
});

test("files of the file provider that need no change are mounted as they are", async () => {
  const rendered = await renderTraefik(await contextOf("examples/allow-list"));
  expect(rendered.files.map(({ target }) => target)).toEqual(["/etc/traefik/traefik.yaml"]);
  expect(rendered.directories.map(({ target }) => target)).toEqual(["/etc/traefik/dynamic"]);
  const { accessLog, ping } = JSON.parse(fileOf(rendered, "/etc/traefik/traefik.yaml"));
  expect(ping).toEqual({ entryPoint: "metrics" });
  expect(accessLog.fields).toEqual({
    defaultMode: "keep",
    names: { RequestPath: "drop", RequestLine: "drop" },
    headers: { defaultMode: "drop", names: { "User-Agent": "keep" } },
  });
});

test("an example that stands for a missing file of the provider is added under the name of the file", async () => {
  const text = readFileSync("deployments/examples/allow-list/dynamic/api.yml", "utf8");
  const auth = "http: { middlewares: { auth: { basicAuth: { users: ['a:b'] } } } }\n";
  using copy = patchedCopy("deployments/examples/allow-list", [
    { file: "dynamic/api.yml", write: text.replace(/middlewares: \[/, "middlewares: [auth, ") },
    { file: "dynamic/auth.yml.example", write: auth },
  ]);
  const deployment = withTraefik(await loadDeployment(copy.folder));
  const rendered = await renderTraefik({ deployment, mark: "m", networks: new Map(), processors: 2 });
  expect(fileOf(rendered, "/etc/traefik/dynamic/auth.yml")).toBe(auth);
  expect(rendered.changes.map(({ where, what }) => [where, what])).toContainEqual([
    "compose.yaml:6",
    "added /etc/traefik/dynamic/auth.yml, a copy of auth.yml.example",
  ]);
});

test("a router that is not logged is logged in the run, and that is a change", async () => {
  using copy = patchedCopy("deployments/examples/two-projects", [
    {
      file: "traefik/rules.yml",
      find: "    acme:\n",
      replace: "    acme:\n      observability: { accessLogs: false }\n",
    },
    {
      file: "litellm/docker-compose.yml",
      find: "    labels:\n",
      replace: "    labels:\n      - traefik.http.routers.litellm-lan-open.observability.accesslogs=false\n",
    },
  ]);
  const context = {
    ...(await contextOf("examples/two-projects")),
    deployment: withTraefik(await loadDeployment(copy.folder)),
  };
  const { files, changes } = await renderTraefik(context);
  const rules = files.find(({ target }) => target === "/etc/traefik/rules.yml");
  expect(JSON.parse(String(rules?.content)).http.routers.acme.observability).toEqual({});
  const unlogged = changes.filter(({ what }) => /observability/.test(what));
  expect(unlogged.map(({ where }) => where)).toEqual([
    "docker-compose.yml:litellm.labels",
    "rules.yml:http.routers.acme",
  ]);
  const { litellm } = context.deployment;
  expect(Object.keys(labelsOfRun(context, litellm)).some((name) => name.includes("observability"))).toBe(false);
});

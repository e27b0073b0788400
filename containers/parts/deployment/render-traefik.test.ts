import { parse as parseToml } from "smol-toml";
import { expect, test } from "vitest";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import type { Deployment } from "../../../helpers/deployment/types.ts";
import type { RenderContext } from "./render-context.ts";
import { renderTraefik } from "./render-traefik.ts";
import { labelsOfRun } from "./traefik/labels.ts";

async function contextOf(name: string): Promise<RenderContext & { deployment: Deployment }> {
  const deployment = await loadDeployment(`deployments/${name}`);
  return { deployment, mark: "m", networks: new Map() };
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

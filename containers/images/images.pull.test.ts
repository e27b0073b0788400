import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deadlines, until } from "../../helpers/core/deadlines.ts";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import { Progress } from "../../helpers/core/terminal/progress.ts";
import { attachEngine, type Engine } from "../engine/engine.ts";
import { removeRun } from "../engine/removal.ts";
import { newRun } from "../engine/run-labels.ts";
import { followEngineReport } from "./building/build.ts";
import { Images } from "./images.ts";
import type { PartImage } from "./part-image.ts";

const progress = new Progress();
const run = newRun({ keep: false });
const commands = [{ command: "mcp-server-filesystem", version: "2025.8.21" }];

/** In milliseconds. Without cached images the builds take minutes; with them, the pushes take most of the time. */
const buildTimeout = 5 * 60_000;

let engine: Engine;
let registry: string;
const tags: string[] = [];

beforeAll(async () => {
  engine = await attachEngine();
  const images = new Images(engine, { mode: "build", progress });
  const [server, traefik, litellm, debian] = await Promise.all([
    images.get("registry"),
    images.get("traefik"),
    images.litellm({ commands: [] }),
    images.debian(),
  ]);
  registry = await startRegistry(server);
  await publish(traefik, "library/traefik:v3.5.3");
  await publish(traefik, "library/traefik:v9.9.9");
  await publish(litellm, "berriai/litellm:main-v1.77.1");
  await publish(debian, "library/debian:trixie-slim");
}, buildTimeout);

afterAll(async () => {
  await Promise.allSettled(tags.map((tag) => engine.docker.getImage(tag).remove()));
  await removeRun(engine, run.id);
}, deadlines.removal);

describe("images from a registry", () => {
  it("are pulled under their upstream names, LiteLLM with its stdio commands added", {
    timeout: buildTimeout,
  }, async () => {
    const images = new Images(engine, { mode: "pull", registry, progress });
    const [traefik, litellm, again] = await Promise.all([
      images.get("traefik"),
      images.litellm({ commands }),
      images.get("traefik"),
    ]);
    expect(again).toBe(traefik);
    expect(traefik).toEqual({
      part: "traefik",
      version: "3.5.3",
      reference: `${registry}/library/traefik:v3.5.3`,
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      origin: "pulled",
      source: `${registry}/library/traefik:v3.5.3`,
    });
    const inspected = await engine.docker.getImage(traefik.reference).inspect();
    expect(inspected.RepoDigests).toContain(`${registry}/library/traefik@${traefik.digest}`);

    expect(litellm).toMatchObject({ part: "litellm", version: "1.77.1", origin: "pulled" });
    expect(litellm.source).toMatch(
      /^127\.0\.0\.1:\d+\/berriai\/litellm:main-v1\.77\.1@sha256:[0-9a-f]{64}, with .*mcp-server-filesystem 2025\.8\.21$/,
    );
    // The command checks its directories first, and exits when there are none.
    expect(await output(litellm, "mcp-server-filesystem", "/nowhere")).toContain("Error accessing directory /nowhere");
  });

  it("are pulled in auto mode when there is no lock to build from", { timeout: buildTimeout }, async () => {
    const images = new Images(engine, { mode: "auto", registry, progress });
    expect(await images.get("traefik", "9.9.9")).toMatchObject({ version: "9.9.9", origin: "pulled" });
  });

  it("are not pulled in auto mode once they are built", async () => {
    const images = new Images(engine, { mode: "auto", registry: `${registry}/elsewhere`, progress });
    expect((await images.get("traefik")).origin).toBe("built");
  });

  it("are an environment failure when the registry does not have them", { timeout: buildTimeout }, async () => {
    const images = new Images(engine, { mode: "pull", registry, progress });
    const error = await images.get("redis").catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(EnvironmentError);
    expect((error as EnvironmentError).message).toContain(`${registry}/library/redis:8 cannot be pulled`);
  });
});

/** @returns `127.0.0.1:port`, for which the engine uses plain HTTP */
async function startRegistry(image: PartImage): Promise<string> {
  const container = await engine.docker.createContainer({
    Image: image.reference,
    name: `${run.id}-registry`,
    Labels: run.labels,
    ExposedPorts: { "5000/tcp": {} },
    HostConfig: { PortBindings: { "5000/tcp": [{ HostIp: "127.0.0.1", HostPort: "0" }] } },
  });
  await container.start();
  const { NetworkSettings: network } = await container.inspect();
  const address = `127.0.0.1:${network.Ports["5000/tcp"]?.[0]?.HostPort}`;
  await until("the registry answers", deadlines.smallPartStart, async () => {
    return (await fetch(`http://${address}/v2/`)).ok ? true : undefined;
  });
  return address;
}

/** Pushes a built image under its upstream name, and removes that name from the engine, so that the tests must pull it. */
async function publish(image: PartImage, name: string): Promise<void> {
  const reference = `${registry}/${name}`;
  const separator = reference.lastIndexOf(":");
  const [repo, tag] = [reference.slice(0, separator), reference.slice(separator + 1)];
  await engine.docker.getImage(image.reference).tag({ repo, tag });
  tags.push(reference);
  const stream = await engine.docker.getImage(reference).push({ authconfig: { username: "", password: "" } });
  await followEngineReport(engine, stream, () => {});
  await engine.docker.getImage(reference).remove();
}

/** Output of a command that exits by itself, in a container of the image. */
async function output(image: PartImage, ...command: string[]): Promise<string> {
  const container = await engine.docker.createContainer({
    Image: image.reference,
    Entrypoint: command,
    Labels: run.labels,
    Tty: true,
    HostConfig: { NetworkMode: "none" },
  });
  await container.start();
  await until(`${command[0]} exits`, deadlines.smallPartStart, async () => {
    return (await container.inspect()).State.Running ? undefined : true;
  });
  return (await container.logs({ stdout: true, stderr: true, follow: false })).toString();
}

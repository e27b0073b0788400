import { expect, test } from "vitest";
import { readFacts } from "../../../helpers/deployment/facts.ts";
import { writtenFolder } from "../../../helpers/deployment/source/written-folder.ts";
import { containerSettings } from "./container-settings.ts";

function settingsOf(yaml: string, files: string[] = []): ReturnType<typeof containerSettings> {
  using deployment = writtenFolder({ "compose.yaml": `services:\n  a:\n    image: x\n${yaml}` });
  const { compose, faults } = readFacts(deployment.folder);
  expect(faults.faults).toEqual([]);
  const service = compose?.services.get("a");
  if (service === undefined) throw new Error("the service could not be read");
  return containerSettings(service, { files, directories: [], processors: 2 });
}

test.each([
  ["init: true", { Init: true }],
  ["tmpfs: [/run, '/cache:size=64m']", { Tmpfs: { "/run": "", "/cache": "size=64m" } }],
  ["mem_limit: 512m", { Memory: 512 * 1024 ** 2, MemorySwap: 512 * 1024 ** 2 }],
  [
    "deploy: { resources: { limits: { cpus: '0.5', memory: 256M, pids: 100 } } }",
    { NanoCpus: 5e8, Memory: 256 * 1024 ** 2, MemorySwap: 256 * 1024 ** 2, PidsLimit: 100 },
  ],
  ["cpus: 1.5", { NanoCpus: 1.5e9 }],
  ["cap_drop: [ALL]\n    cap_add: [NET_BIND_SERVICE]", { CapDrop: ["ALL"], CapAdd: ["NET_BIND_SERVICE"] }],
  [
    "extra_hosts: ['db:10.0.0.1', host.docker.internal=host-gateway]",
    { ExtraHosts: ["db:10.0.0.1", "host.docker.internal:host-gateway"] },
  ],
  ["extra_hosts: { db: 10.0.0.1 }", { ExtraHosts: ["db:10.0.0.1"] }],
  ["dns: 1.1.1.1", { Dns: ["1.1.1.1"] }],
  [
    "ulimits: { nofile: 1024, nproc: { soft: 1, hard: 2 } }",
    {
      Ulimits: [
        { Name: "nofile", Soft: 1024, Hard: 1024 },
        { Name: "nproc", Soft: 1, Hard: 2 },
      ],
    },
  ],
  ["sysctls: [net.core.somaxconn=1024]", { Sysctls: { "net.core.somaxconn": "1024" } }],
  ["security_opt: [no-new-privileges:true]", { SecurityOpt: ["no-new-privileges=true"] }],
  ["shm_size: 64mb", { ShmSize: 64 * 1024 ** 2 }],
  ["read_only: true", { ReadonlyRootfs: true }],
])("%s", (yaml, expected) => {
  const { settings, changes } = settingsOf(`    ${yaml}\n`);
  expect(settings.host).toEqual(expected);
  expect(changes).toEqual([]);
});

test("what a throwaway network can't honour is a change, and nothing else is", () => {
  const { settings, changes } = settingsOf(
    "    privileged: true\n    devices: [/dev/kfd]\n    network_mode: host\n    restart: always\n    logging: { driver: json-file }\n",
  );
  expect(settings.host).toEqual({});
  expect(changes.map(({ where }) => where)).toEqual([
    "compose.yaml:a.privileged",
    "compose.yaml:a.devices",
    "compose.yaml:a.network_mode",
  ]);
});

test("a read-only container into which files are copied stays read-only, but for their directories", () => {
  const { settings, changes } = settingsOf("    read_only: true\n", ["/app/config.yaml", "/app/hooks.py"]);
  expect(settings.host).toEqual({ ReadonlyRootfs: true });
  expect(changes).toMatchObject([{ where: "compose.yaml:a.read_only", what: "/app can be written to" }]);
});

test("a file of the root directory can't be copied into a read-only container", () => {
  const { settings, changes } = settingsOf("    read_only: true\n", ["/config.yaml"]);
  expect(settings.host).toEqual({});
  expect(changes).toMatchObject([{ where: "compose.yaml:a.read_only", what: "dropped read_only" }]);
});

test("more CPUs than the engine's machine has are as many as it has", () => {
  const { settings, changes } = settingsOf("    deploy: { resources: { limits: { cpus: '4096' } } }\n");
  expect(settings.host).toEqual({ NanoCpus: 2e9 });
  expect(changes).toMatchObject([
    { where: "compose.yaml:a.deploy.resources", what: expect.stringMatching(/place of 4096$/) },
  ]);
});

test("a fixed address is a change, and a host name is set", () => {
  const { settings, changes } = settingsOf(
    "    hostname: gateway\n    networks: { default: { ipv4_address: 172.20.0.9 } }\n",
  );
  expect(settings.hostname).toBe("gateway");
  expect(changes).toMatchObject([{ where: "compose.yaml:a.networks", what: "dropped the fixed address 172.20.0.9" }]);
});

import { basename, posix } from "node:path";
import type { ComposeService, ServiceSetting } from "../../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../../helpers/run/run-record.ts";
import type { ContainerSettings, HostSettings } from "../part.ts";

type Value = ServiceSetting["value"];

/** What a setting does to a container; undefined where its value says nothing. */
type Apply = (value: Value) => HostSettings | undefined;

/** Settings that the engine applies, by their key in the compose file. */
const applied: Readonly<Record<string, Apply>> = {
  cap_add: (value) => ({ CapAdd: texts(value) }),
  cap_drop: (value) => ({ CapDrop: texts(value) }),
  cpus: (value) => cpus(value),
  "deploy.resources": (value) => {
    const limits = mapping(mapping(value).limits);
    return { ...cpus(limits.cpus), ...memory(limits.memory), ...pids(limits.pids) };
  },
  dns: (value) => ({ Dns: texts(value) }),
  dns_opt: (value) => ({ DnsOptions: texts(value) }),
  dns_search: (value) => ({ DnsSearch: texts(value) }),
  extra_hosts: (value) => ({ ExtraHosts: texts(value).map((host) => host.replace("=", ":")) }),
  group_add: (value) => ({ GroupAdd: texts(value) }),
  mem_limit: (value) => memory(value),
  pids_limit: (value) => pids(value),
  read_only: (value) => ({ ReadonlyRootfs: isTrue(value) }),
  security_opt: (value) => ({ SecurityOpt: texts(value).map((option) => option.replace(/^([^:=]+):/, "$1=")) }),
  shm_size: (value) => ({ ShmSize: bytes(value) }),
  sysctls: (value) => ({
    Sysctls: Object.fromEntries(Object.entries(mapping(value)).map(([name, own]) => [name, String(own ?? "")])),
  }),
  ulimits: (value) => ({
    Ulimits: Object.entries(mapping(value)).map(([Name, own]) => {
      const { soft = own, hard = own } = mapping(own);
      return { Name, Soft: Number(soft), Hard: Number(hard) };
    }),
  }),
};

/** Settings that a run does without, and why the container is another one without them. */
const leftOut: Readonly<Record<string, string>> = {
  cgroup: "each container of the run has its own control group",
  cgroup_parent: "each container of the run has its own control group",
  device_cgroup_rules: "the run has no devices",
  devices: "the run has no devices",
  external_links: "a container outside of the deployment is not part of the run",
  gpus: "the run has no devices",
  ipc: "each container of the run has its own memory namespace",
  isolation: "the run's engine decides it",
  mac_address: "the engine picks the addresses of a throwaway network",
  pid: "each container of the run has its own process namespace",
  privileged: "the run gives no container full access to the machine",
  runtime: "the run uses the engine's own runtime",
  userns_mode: "the run's engine decides it",
  uts: "each container of the run has its own host name",
  volumes_from: "the volumes of another container are not part of the run",
};

/** What the run does with a service's container. */
interface RunContainer {
  /** Absolute paths of the files that are copied into it. */
  files: readonly string[];
  /** Absolute paths of the directories that are copied into it. */
  directories: readonly string[];
  /** Of the engine's machine: the engine refuses a container that may use more. */
  processors: number;
}

/**
 * What compose would set on a service's container, in the engine's terms, and what a throwaway network can't honour.
 * Settings without an effect on what a client sees (`restart`, `logging`, `deploy.placement` …) are neither.
 *
 * @param service as its compose file has it
 */
export function containerSettings(
  service: ComposeService,
  { files, directories, processors }: RunContainer,
): { settings: ContainerSettings; changes: RenderedChange[] } {
  const changes: RenderedChange[] = [];
  const change = (key: string, what: string, why: string): void => {
    const { location } = service.settings.get(key) ?? service;
    changes.push({ where: `${basename(location.file)}:${service.key}.${key}`, what, why });
  };
  let host: HostSettings = service.init ? { Init: true } : {};
  if (service.tmpfs.length > 0)
    host.Tmpfs = Object.fromEntries(service.tmpfs.map(({ target, options }) => [target, options]));
  for (const [key, { value }] of service.settings) {
    if (key === "read_only" && isTrue(value)) {
      const folders = [...new Set(files.map((file) => posix.dirname(file)))];
      if (directories.length > 0 || folders.includes("/")) {
        change(
          key,
          "dropped read_only",
          "the run copies directories, or files of the root directory, into the container",
        );
        continue;
      }
      if (folders.length > 0)
        change(key, `${folders.join(", ")} can be written to`, "the run copies the deployment's files there");
    }
    const why = leftOut[key];
    if (why !== undefined && value !== false) change(key, `dropped ${key}`, why);
    const own = applied[key]?.(value);
    if (own?.NanoCpus !== undefined && own.NanoCpus > processors * 1e9) {
      change(key, `${processors} CPUs in place of ${own.NanoCpus / 1e9}`, "the engine's machine has no more");
      own.NanoCpus = processors * 1e9;
    }
    host = { ...host, ...own };
  }
  const { networkMode, fixedAddresses } = service;
  for (const { value, location } of fixedAddresses)
    changes.push({
      where: `${basename(location.file)}:${service.key}.networks`,
      what: `dropped the fixed address ${value}`,
      why: "the engine picks the addresses of a throwaway network",
    });
  if (networkMode !== undefined && networkMode.value !== "none")
    changes.push({
      where: `${basename(networkMode.location.file)}:${service.key}.network_mode`,
      what: `dropped network_mode ${networkMode.value}`,
      why: "each part of the run is on the run's own networks",
    });
  const [stopSignal, domain, hostname] = ["stop_signal", "domainname", "hostname"].map((key) => {
    const value = service.settings.get(key)?.value;
    return typeof value === "string" ? value : undefined;
  });
  return { settings: { host, stopSignal, domainname: domain, hostname }, changes };
}

function texts(value: Value): string[] {
  return (Array.isArray(value) ? value : [value]).map(String);
}

function mapping(value: Value | undefined): Record<string, Value> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

function isTrue(value: Value): boolean {
  return value === true || value === "true";
}

function cpus(value: Value | undefined): HostSettings | undefined {
  const count = Number(value ?? 0);
  return count > 0 ? { NanoCpus: Math.round(count * 1e9) } : undefined;
}

function memory(value: Value | undefined): HostSettings | undefined {
  const size = value === undefined ? 0 : bytes(value);
  // Without the second, the engine allows as much swap again.
  return size > 0 ? { Memory: size, MemorySwap: size } : undefined;
}

function pids(value: Value | undefined): HostSettings | undefined {
  return value === undefined || Number(value) === 0 ? undefined : { PidsLimit: Number(value) };
}

const units: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** A size as docker reads it: `512m`, `1.5gb`, `64M`, a number of bytes; 0 for anything else. */
function bytes(value: Value): number {
  if (typeof value === "number") return value;
  const [, number, unit = "b"] = /^([\d.]+)\s*([bkmgt])?(?:i?b)?$/i.exec(String(value).trim()) ?? [];
  return number === undefined ? 0 : Math.round(Number(number) * (units[unit.toLowerCase()] ?? 1));
}

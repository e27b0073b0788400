import type { EditableYaml } from "../source/editable-yaml.ts";
import type { SourceLocation, Written } from "../source/location.ts";
import type { Plain, ValueProblem, YamlPath } from "../source/yaml-tree.ts";

/** A value of a compose file, with its place in the file that says it. */
export interface ComposeValue extends Written<string> {
  /** Keys and indices from the root of its own file, e.g. `["services", "traefik", "command", 0]`. */
  path: YamlPath;
  /** Its own file as written, for edits; undefined where the value can't be edited. */
  yaml?: EditableYaml | undefined;
}

/** A volume or a path of the host that a container mounts. */
export interface Mount {
  /** Absolute path on this machine for a bind mount; the volume's key in {@link ComposeFile.volumes} for a volume. */
  source: string;
  kind: "bind" | "volume";
  /**
   * False for a path that is missing (docker makes an empty directory in its place), and for one of the gateway host that
   * the policy has nothing for.
   */
  isAvailable: boolean;
  /** Whether it is a path of the gateway host that nothing in the deployment stands for. */
  isOutside?: boolean;
  /** Whether the container executes it, whatever its mode here: a Dockerfile may change the mode. */
  isProgram?: boolean;
  /** Whether it is not a mount: the service's Dockerfile copies it into the image. */
  isInImage?: boolean;
  /** Absolute path in the container. */
  target: string;
  readOnly: boolean;
  location: SourceLocation;
}

/** A volume without a name, made for the container alone. */
export interface AnonymousVolume {
  /** Absolute path in the container. */
  target: string;
  location: SourceLocation;
}

/** A file system in memory. */
export interface TmpfsMount {
  /** Absolute path in the container. */
  target: string;
  /** The engine's mount options, e.g. `size=64m,mode=1777`; empty for its defaults. */
  options: string;
  location: SourceLocation;
}

/** A port of a container on a port of the host that the compose file names. */
export interface PublishedPort {
  host: number;
  container: number;
  protocol: "tcp" | "udp";
  /** The host's address on which it is published; undefined for every address. */
  address?: string | undefined;
  location: SourceLocation;
}

/** A port of a container on a port of the host that the engine picks at each start. */
export interface UnfixedPort extends Omit<PublishedPort, "host"> {
  /** The ports of the host from which the engine picks; undefined for any. */
  range: { first: number; last: number } | undefined;
}

/** How compose builds a service's image. */
export interface ComposeBuild {
  /** Absolute path of the build context on this machine, or the URL of a repository. */
  context: string;
  /** Absolute path of the Dockerfile; undefined for `Dockerfile` in the context, or with {@link inline}. */
  dockerfile: string | undefined;
  /** The Dockerfile's text, where the compose file has it. */
  inline: Written<string> | undefined;
  /** A name without a value takes it from the shell; it is left out where the shell has none. */
  args: ReadonlyMap<string, Written<string>>;
  /** The stage that is built; undefined for the last one. */
  target: string | undefined;
  location: SourceLocation;
}

/** Where the content of a config or a secret comes from. */
export type FileContent =
  /** Absolute path on this machine. */
  | { from: "file"; file: string }
  | { from: "text"; text: string }
  /** A variable of the host's shell or of `.env`; no text where neither sets it. */
  | { from: "variable"; variable: string; text: string | undefined }
  /** Made outside of compose; its name on the host. */
  | { from: "external"; external: string };

/** A config or a secret at the top level. */
export interface ComposeFileSource {
  kind: "config" | "secret";
  /** Its key in the compose file. */
  name: string;
  project: string;
  content: FileContent;
  location: SourceLocation;
}

/** A config or a secret that is mounted into a container. */
export interface ServiceFile {
  kind: "config" | "secret";
  /** Its key at the top level. */
  name: string;
  content: FileContent;
  /** Absolute path in the container. */
  target: string;
  /** Octal permissions, e.g. 0o444; undefined for the default. */
  mode: number | undefined;
  uid: string | undefined;
  gid: string | undefined;
  /** The file that a start script makes it from; an absolute path on this machine. */
  madeFrom?: string;
  location: SourceLocation;
}

/** Another service that a service waits for. */
export interface Dependency {
  condition: "service_started" | "service_healthy" | "service_completed_successfully";
  /** False where compose starts the service without it too. */
  required: boolean;
  location: SourceLocation;
}

/** One service that compose starts, with variables interpolated, files merged, `include` and `extends` resolved. */
export interface ComposeService {
  /** Its name in its project. */
  name: string;
  /** Its key in {@link ComposeFile.services}: the name where only one project has it, else `<project>/<name>`. */
  key: string;
  /** Name of its compose project. */
  project: string;
  location: SourceLocation;
  /** As written, e.g. `ghcr.io/berriai/litellm:main-v1.77.1`; undefined for a service that is only built. */
  image: Written<string> | undefined;
  /** The version in the image's tag, e.g. `1.77.1`; undefined when the tag names none (`latest`, a digest). */
  version: string | undefined;
  build: ComposeBuild | undefined;
  /** The number of containers that compose or Swarm starts of it. */
  replicas: number;
  /** `container_name`: the containers of its networks also find it by this name. */
  containerName: Written<string> | undefined;
  entrypoint: readonly string[] | undefined;
  command: readonly string[] | undefined;
  /** The words of {@link command}, each with its location; empty without one. */
  commandWords: readonly ComposeValue[];
  /** The variables of `env_file`, overridden by `environment`, as compose does. */
  environment: ReadonlyMap<string, Written<string>>;
  /** The container's labels. */
  labels: ReadonlyMap<string, ComposeValue>;
  /** The labels under `deploy:`, which Swarm puts on the service and not on its containers. */
  deployLabels: ReadonlyMap<string, ComposeValue>;
  mounts: readonly Mount[];
  anonymousVolumes: readonly AnonymousVolume[];
  tmpfs: readonly TmpfsMount[];
  /** Its configs and secrets. */
  files: readonly ServiceFile[];
  /** Ranges are written out. */
  ports: readonly PublishedPort[];
  unfixedPorts: readonly UnfixedPort[];
  /** Ports that are open to the service's networks by `expose:`. */
  expose: readonly { port: number; protocol: "tcp" | "udp" }[];
  /** Network's key in {@link ComposeFile.networks} to the aliases that the service has on it; empty with a network mode. */
  networks: ReadonlyMap<string, readonly string[]>;
  /** Where the service names each of its networks; the default network is named nowhere. */
  networkLocations: ReadonlyMap<string, SourceLocation>;
  /** Addresses that the service has on its networks by `ipv4_address` and `ipv6_address`. */
  fixedAddresses: readonly Written<string>[];
  /** `host`, `none`, `bridge`, `service:<key>` or `container:<name>`, in place of networks. */
  networkMode: Written<string> | undefined;
  /** Names by which this service alone finds another, from `links:`; the other's key by alias. */
  links: ReadonlyMap<string, string>;
  /** By the other service's key. */
  dependsOn: ReadonlyMap<string, Dependency>;
  /** Whether the engine's init is process 1. */
  init: boolean;
  user: string | undefined;
  workingDir: string | undefined;
  /** As the engine runs it, a text by way of `/bin/sh -c`; undefined without a healthcheck, or with one that is disabled. */
  healthcheck: { command: readonly string[]; location: SourceLocation } | undefined;
  /**
   * Every other key that the service sets, as compose's long form has it: `read_only`, `mem_limit`, `cap_add`, `extra_hosts`
   * and so on; the keys of `deploy` as `deploy.resources`, `deploy.placement`.
   */
  settings: ReadonlyMap<string, ServiceSetting>;
  /** Values without which it can't be started and that no file gives. They are faults where a run starts it. */
  missing: readonly ValueProblem[];
  /** Files and directories that it mounts and that are not in the folder, where they are hardly data. Findings where a run starts it. */
  absentMounts: readonly (Pick<ValueProblem, "what" | "fix" | "location"> & { why: string })[];
}

/** A key of a service that is kept as compose's long form has it. */
export interface ServiceSetting {
  value: Plain;
  location: SourceLocation;
}

/** A service that compose does not start, because none of its profiles is on. */
export interface InactiveService {
  name: string;
  project: string;
  profiles: readonly string[];
  location: SourceLocation;
}

/** A network of the projects, by its key in the file. */
export interface ComposeNetwork {
  /** The network's name on the gateway host: its `name`, or `<project>_<key>`. */
  name: string;
  /** True where no project makes it: it is made outside of these files. */
  external: boolean;
  /** Declared `internal: true`. */
  internal: boolean;
  /** Declared `enable_ipv6: true`. */
  ipv6: boolean;
  /** Name of the network's interface on the gateway host; undefined where docker generates it. */
  bridge: string | undefined;
  location: SourceLocation;
}

/** A named volume of the projects, by its key in the file. */
export interface ComposeVolume {
  /** The volume's name on the gateway host: its `name`, or `<project>_<key>`. */
  name: string;
  /** True where no project makes it. */
  external: boolean;
  /** The host's directory that the local driver binds (`driver_opts: { o: bind, device: … }`); an absolute path. */
  device: string | undefined;
  location: SourceLocation;
}

/** One compose project of the deployment. */
export interface ComposeProject {
  /** The project's name: from the policy, `name` of the compose file, or the folder's name as compose normalises it. */
  name: string;
  /** Absolute path: relative paths of the project start here. */
  folder: string;
  /** Absolute paths of its compose files, those of `include` and `extends` too, in the order in which they are read. */
  files: readonly string[];
  /** The profiles that are on. */
  profiles: readonly string[];
}

/**
 * The services of every compose project of the deployment. With one project, networks and volumes have the keys of the
 * compose file; with several, their names on the host, so that an external network and the one that makes it are one.
 */
export interface ComposeFile {
  /** The first file of the first project. */
  file: string;
  /** The first project's name. */
  project: string;
  projects: readonly ComposeProject[];
  /** By {@link ComposeService.key}. */
  services: ReadonlyMap<string, ComposeService>;
  /** Services that compose does not start; by name, or `<project>/<name>` as for {@link services}. */
  inactive: ReadonlyMap<string, InactiveService>;
  /** By key. */
  networks: ReadonlyMap<string, ComposeNetwork>;
  /** By key. */
  volumes: ReadonlyMap<string, ComposeVolume>;
  /** The configs of every project. */
  configs: readonly ComposeFileSource[];
  /** The secrets of every project. */
  secrets: readonly ComposeFileSource[];
}

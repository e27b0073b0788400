import type { SourceLocation, Written } from "../source/location.ts";

/** A value of the compose file, with its path in that file. */
export interface ComposeValue extends Written<string> {
  /** Keys and indices from the root of the compose file, e.g. `["services", "traefik", "command", 0]`. */
  path: readonly (string | number)[];
}

export interface Mount {
  /** Absolute path on this machine for a bind mount; the volume's key in the compose file for a volume. */
  source: string;
  kind: "bind" | "volume";
  /** Absolute path in the container. */
  target: string;
  readOnly: boolean;
  location: SourceLocation;
}

export interface PublishedPort {
  host: number;
  container: number;
  protocol: "tcp" | "udp";
  location: SourceLocation;
}

/** One service of the compose file, with variables interpolated. */
export interface ComposeService {
  name: string;
  location: SourceLocation;
  /** As written, e.g. `ghcr.io/berriai/litellm:main-v1.77.1`. */
  image: Written<string>;
  /** The version in the image's tag, e.g. `1.77.1`; undefined when the tag names none (`latest`, a digest). */
  version: string | undefined;
  entrypoint: readonly string[] | undefined;
  command: readonly string[] | undefined;
  /** The words of {@link command}, each with its location; empty without one. */
  commandWords: readonly ComposeValue[];
  /** The variables of `env_file`, overridden by `environment`, as compose does. */
  environment: ReadonlyMap<string, Written<string>>;
  labels: ReadonlyMap<string, ComposeValue>;
  mounts: readonly Mount[];
  ports: readonly PublishedPort[];
  /** Network's key to the aliases that the service has on it. */
  networks: ReadonlyMap<string, readonly string[]>;
  user: string | undefined;
  workingDir: string | undefined;
  /** As the engine runs it, a text by way of `/bin/sh -c`; undefined without a healthcheck, or with one that is disabled. */
  healthcheck: { command: readonly string[]; location: SourceLocation } | undefined;
}

export interface ComposeNetwork {
  /** The network's name on the gateway host: its `name`, or `<project>_<key>`. */
  name: string;
  /** Declared `internal: true`. */
  internal: boolean;
  /** Declared `enable_ipv6: true`. */
  ipv6: boolean;
  /** Name of the network's interface on the gateway host; undefined where docker generates it. */
  bridge: string | undefined;
  location: SourceLocation;
}

export interface ComposeVolume {
  /** The volume's name on the gateway host: its `name`, or `<project>_<key>`. */
  name: string;
  location: SourceLocation;
}

export interface ComposeFile {
  file: string;
  /** The project's name: `name` of the compose file, or the folder's name as compose normalises it. */
  project: string;
  services: ReadonlyMap<string, ComposeService>;
  /** By key. */
  networks: ReadonlyMap<string, ComposeNetwork>;
  /** By key. */
  volumes: ReadonlyMap<string, ComposeVolume>;
}

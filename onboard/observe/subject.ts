import type { Channel } from "../protocol/channel.ts";
import type { PackageProvenance } from "../provenance/provenance.ts";

/** A candidate that runs, in whatever way: what it can be asked, and what can be seen of it from outside. */
export interface Subject {
  /** Starts a server of its own (stdio), or connects to the running one (HTTP). */
  open(): Promise<Channel>;
  /** Values of the run by name; seen anywhere, they are leaks. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Command lines of the server's processes, its helpers included. */
  processes(): Promise<readonly string[]>;
  /** Kills all of them, and starts a server that listens again. */
  kill(): Promise<void>;
  /** What the services that it needs hold, by part; empty where none says so. */
  state(): Promise<ReadonlyMap<string, string>>;
  /** What the services that it needs wrote to their logs. */
  serviceLogs(): Promise<string>;
  /** What the server's own log says, where it writes one in addition to standard error. */
  ownLog(): Promise<string>;
  /** A file that no tool may read, and marks that no tool may make. */
  readonly trap: Trap;
  /** Hosts that it tried to reach, as `host:port` or a name. */
  egress(): Promise<readonly string[]>;
  /** Runs the candidate's `refused` commands with the server's own credentials. */
  runRefused(): Promise<readonly RefusedOutcome[]>;
  /** Where it listens; undefined for stdio. */
  readonly http: { url: string; token: string | undefined } | undefined;
  /** What is known of its packages; undefined where it is not a package. */
  supply(): Promise<Supply | undefined>;
}

/** A canary file, and paths that only a shell injection creates. */
export interface Trap {
  file: string;
  content: string;
  /** How the path of each mark begins; a number follows. */
  mark: string;
  /** The marks that exist. */
  marks(): Promise<readonly string[]>;
}

export interface RefusedOutcome {
  why: string;
  command: string;
  exitCode: number;
  output: string;
}

/** One installed package. */
export interface InstalledPackage {
  name: string;
  version: string;
  /** Of its files, by the installer's own record. */
  digest: string;
  deprecated?: string | undefined;
}

/** What an installation says about itself. */
export interface Supply {
  /** The package with the server. */
  name: string;
  version: string;
  ecosystem: "npm" | "pypi" | "image";
  /** Whether the candidate file names an exact version or digest. */
  isPinned: boolean;
  packages: readonly InstalledPackage[];
  /** The packages of a second installation. */
  again: readonly InstalledPackage[];
  licence: string | undefined;
  /** Addresses that its metadata names, and whether only its readme does. */
  addresses: readonly { url: string; from: string }[];
  /** What the registry offers for each package that the candidate file names. */
  provenance: readonly PackageProvenance[];
  /** Variables that its own code reads. */
  variables: readonly string[];
}

import type { HostConfig } from "dockerode";
import type { PartRecord } from "../../helpers/run/run-record.ts";
import type { Run } from "../engine/run-labels.ts";
import type { PartImage } from "../images/part-image.ts";
import type { Readiness } from "./readiness.ts";

/** The label that holds a part's name. */
export const partLabel = "gateway-conformance.part";
/** The label that holds the rig's id; Traefik's docker provider is constrained to it. */
export const rigLabel = "gateway-conformance.rig";

/** Value of {@link rigLabel}: unique among all rigs on the engine. */
export function rigMark(run: Run, rig: string): string {
  return `${run.id}-${rig}`;
}

/** A network of a run. */
export interface RunNetwork {
  /** Name on the engine, unique to the run. */
  name: string;
  id: string;
}

/** A file copied into a part before it starts. Nothing is bind-mounted, because the engine may be on another machine. */
export interface PartFile {
  target: string;
  content: string | Buffer;
  /** Octal permissions, e.g. 0o644 (the default). */
  mode?: number;
  /** A private key: its content is in no evidence. */
  isPrivate?: true;
  /** Its owner; default: root. */
  uid?: number;
  gid?: number;
}

/** Fields of the engine's host configuration that a service of the compose file decides. */
export type HostSettings = Partial<
  Pick<
    HostConfig,
    | "CapAdd"
    | "CapDrop"
    | "CpuShares"
    | "Dns"
    | "DnsOptions"
    | "DnsSearch"
    | "ExtraHosts"
    | "GroupAdd"
    | "Init"
    | "Memory"
    | "MemorySwap"
    | "NanoCpus"
    | "PidsLimit"
    | "ReadonlyRootfs"
    | "SecurityOpt"
    | "ShmSize"
    | "Sysctls"
    | "Tmpfs"
    | "Ulimits"
  >
>;

/** What compose sets on a container and the rest of {@link PartPlan} does not have. */
export interface ContainerSettings {
  host: HostSettings;
  stopSignal?: string | undefined;
  domainname?: string | undefined;
  hostname?: string | undefined;
  /** Absolute paths in the container of directories that are made empty. */
  emptyDirectories?: readonly string[];
}

/** Everything needed to start one part. */
export interface PartPlan {
  /** Name on the network, in messages and in the report. */
  name: string;
  image: PartImage;
  /** The container is created on the first one, and joins the others before it starts. */
  networks: readonly { network: RunNetwork; aliases: readonly string[] }[];
  /** Another part whose network namespace it shares, instead of networks. */
  joins?: PartHandle;
  entrypoint?: readonly string[];
  command?: readonly string[];
  environment?: Readonly<Record<string, string>>;
  labels?: Readonly<Record<string, string>>;
  files?: readonly PartFile[];
  /** Directories of this machine that are copied into it. */
  directories?: readonly { source: string; target: string }[];
  /** Paths on the engine's machine, e.g. the engine's socket. */
  binds?: readonly { source: string; target: string; readOnly: boolean }[];
  /** Container ports that this machine must reach: each is published on a free port of the engine's machine. */
  publish?: readonly number[];
  /** Container ports that the image would expose: nobody reaches them from outside of its networks. */
  expose?: readonly number[];
  capabilities?: { add: readonly string[]; drop: readonly string[] };
  sysctls?: Readonly<Record<string, string>>;
  user?: string;
  workingDir?: string;
  settings?: ContainerSettings;
  /**
   * The LiteLLM that writes to it. Mutation testing keeps it while that LiteLLM is kept, and replaces both together: no mutant
   * sees another's data, and no LiteLLM loses its database.
   */
  usedBy?: PartPlan;
  ready: Readiness;
  /** Called once the container runs, before it is ready. */
  running?: () => void;
  /** Milliseconds. */
  startDeadline: number;
  /** Whether it is started a second time where it runs and is not ready in time. */
  startsAgain?: boolean;
}

/** A running part, as plain data that can be sent from the main process to the workers. */
export interface PartHandle {
  name: string;
  rig: string;
  containerId: string;
  /** Container port to published port: this machine reaches it at `host`. */
  ports: Readonly<Record<number, number>>;
  /** Host of the published ports. */
  host: string;
  /** Network name on the engine to the part's IPv4 address there. */
  addresses: Readonly<Record<string, string>>;
  /** The same for IPv6, where the network has it. */
  addresses6: Readonly<Record<string, string>>;
  record: PartRecord;
  /** What it was started with. Contains the run's secrets. */
  started: StartedWith;
  /** Set where another deployment ran with it before: its log has that one's messages too. */
  isKept?: true;
}

/** Where an upstream of the gateway listens. */
export interface UpstreamAddress {
  /** Name of the part. */
  part: string;
  /** The port inside of the container. */
  port: number;
  path: string;
}

/** What a part was started with, for the evidence of a failure. */
export interface StartedWith {
  entrypoint: readonly string[] | undefined;
  command: readonly string[] | undefined;
  environment: Readonly<Record<string, string>>;
  /** Without the labels that mark the run. */
  labels: Readonly<Record<string, string>>;
  /** Network name on the engine to the part's aliases there. */
  networks: Readonly<Record<string, readonly string[]>>;
  files: readonly { target: string; content: string }[];
  user: string | undefined;
  workingDir: string | undefined;
}

/** The plan, and a promise that is fulfilled once its container runs: for parts that must start after it. */
export function withRunningPromise(plan: PartPlan): { plan: PartPlan; running: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { plan: { ...plan, running: resolve }, running: promise };
}

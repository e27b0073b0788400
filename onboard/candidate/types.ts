import type { PackageSpec } from "../../helpers/deployment/services/package-spec.ts";
import type { SourceLocation } from "../../helpers/deployment/source/location.ts";
import type { ItemNumber } from "../judge/items.ts";

/** What a candidate file says (`candidates/<name>.yaml`). */
export interface Candidate {
  /** Absolute path of the file. */
  file: string;
  /** Its key under `mcp_servers`. */
  name: string;
  /** Absolute path of the deployment that it is to join; undefined for one that is judged alone. */
  deployment: string | undefined;
  /** The project's own address, which the package must name. */
  source: string | undefined;
  server: CandidateServer;
  /** SPDX ids that are allowed. */
  licences: readonly string[];
  /** What the server is started with; a value may contain `${SECRET}`. */
  environment: ReadonlyMap<string, string>;
  /** Variables that its code reads and that stay unset on purpose. */
  unset: readonly string[];
  secrets: readonly CandidateSecret[];
  needs: readonly NeededService[];
  /** `host:port` outside of the run that it may reach. */
  hosts: readonly string[];
  tools: {
    /** All that it must offer; undefined for whatever it offers. */
    expected: readonly string[] | undefined;
    changesState: readonly string[];
  };
  calls: readonly ExampleCall[];
  /** Commands that the server's own credentials must not be able to do. */
  refused: readonly RefusedCommand[];
  budget: CandidateBudget;
  /** Items that the operator accepts although they fail. */
  conditions: ReadonlyMap<ItemNumber, AcceptedCondition>;
  limits: {
    memoryMb: number;
    processes: number;
    diskMb: number;
    /** For all of its calls. */
    seconds: number;
    /** Until its first answer. */
    startSeconds: number;
  };
  locations: {
    server: SourceLocation;
    name: SourceLocation;
    budget: SourceLocation;
    /** Of each one, in the order of {@link Candidate.needs}. */
    needs: readonly SourceLocation[];
    /** Of each one, in the order of {@link Candidate.hosts}. */
    hosts: readonly SourceLocation[];
  };
}

/** How the server is started, or where it listens. */
export type CandidateServer =
  | {
      from: "packages";
      /** The one with the command first. */
      packages: readonly PackageSpec[];
      /** Packages of Debian that its own programs need, e.g. `git`. */
      debian: readonly string[];
      command: string;
      /** Whether the file names the command; otherwise it is the package's name until the package is installed. */
      isCommandStated: boolean;
      args: readonly string[];
      listens: Listening | undefined;
    }
  | { from: "image"; image: string; command: readonly string[] | undefined; listens: Listening | undefined };

/** Where a server listens that speaks streamable HTTP; undefined for stdio. */
export interface Listening {
  port: number;
  path: string;
  /** The secret that it demands as a bearer token. */
  token: string | undefined;
}

/** A secret. Each run makes up a new value, unless it is that of a real service. */
export interface CandidateSecret {
  name: string;
  /** The variable of this process that has its value; undefined for one that the run makes up. */
  from: string | undefined;
}

/** A service that the server needs. */
export interface NeededService {
  /** Its host name. */
  name: string;
  from:
    | { kind: "debian"; packages: readonly string[] }
    | { kind: "postgres" }
    | { kind: "package"; packages: readonly PackageSpec[] }
    | { kind: "image"; image: string };
  command: readonly string[] | undefined;
  environment: ReadonlyMap<string, string>;
  /** Absolute path in the part to its content. */
  files: ReadonlyMap<string, string>;
  /** Exits with 0 when the part is ready. */
  ready: readonly string[] | undefined;
  /** Prints what must not change while a read-only tool runs. */
  state: readonly string[] | undefined;
}

/** A call that shows what a tool does. */
export interface ExampleCall {
  tool: string;
  arguments: Readonly<Record<string, unknown>>;
  /** Texts that its answer must contain. */
  contains: readonly string[];
  /** Whether it must end in an error. */
  fails: boolean;
}

export interface RefusedCommand {
  part: string;
  run: readonly string[];
  why: string;
}

export interface CandidateBudget {
  tools: number;
  tokens: number;
  latencyMs: number;
  resultBytes: number;
}

export interface AcceptedCondition {
  because: string;
  /** `YYYY-MM-DD` */
  until: string;
  location: SourceLocation;
}

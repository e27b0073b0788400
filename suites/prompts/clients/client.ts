import type { TargetsFor } from "../../../containers/targets/needs.ts";
import type { ScriptedCall } from "../../../containers/targets/rig-access/scripted-model.ts";

/** What every client of the matrix needs: its machine, a model with a script, and canaries in the results. */
export const clientNeeds = ["gateway", "clients", "canaries", "commands", "inspection", "scripted-model"] as const;

/** What a client of the matrix gets. */
export type ClientTargets = TargetsFor<(typeof clientNeeds)[number]>;

/** A client of the matrix: how it connects, lists and calls, and how its outcome is read. */
export interface McpClient {
  /** In the ids of its checks, e.g. `codex-0.47`; never reused for another client. */
  slug: string;
  /** In the titles of its checks, e.g. `the Python SDK 1.x`. */
  title: string;
  /** In findings and failures, next to its version. */
  name: string;
  /** Runs only when a run asks for it: under a licence of its own, or large. */
  isHeavy?: boolean;
  /** Its version, from the machine that it runs on. */
  version(targets: ClientTargets): string;
  /** Connects, lists the tools and calls one, as its user would. Does not throw for a fault of the gateway. */
  use(targets: ClientTargets, task: ClientTask): Promise<ClientRun>;
}

/** The endpoint and key that a client uses, and the call that it makes. */
export interface ClientTask {
  mcpUrl: string;
  key: string;
  call: ScriptedCall;
}

/** The outcome of a client's task. */
export interface ClientRun {
  exitCode: number;
  /** The client itself reports a failure: by its exit code where that is reliable, else in its output. */
  failed: boolean;
  /** Names of the tools that it got, as it shows them; undefined when it got no list. */
  tools: readonly string[] | undefined;
  /** Text of the call's result; undefined when there was none. */
  result: string | undefined;
  /** How it showed its user the end of the call; undefined when it made none. */
  callShown: string | undefined;
  /** The last error that it showed, or undefined. */
  shown: string | undefined;
  /** Something else that the reader of the report should know. */
  note?: string;
  /** The command line, without its key. */
  command: string;
  /** Ids of the recorded commands. */
  commands: readonly string[];
  /** Milliseconds. */
  took: number;
}

/** A line of a driver's output. */
interface Step {
  models?: string[];
  tools?: string[];
  text?: string;
  isError?: boolean;
  refused?: string;
}

/** Reads a driver's output, one JSON object per line; other lines are ignored. */
export function stepsOf(stdout: string): Step[] {
  return stdout.split("\n").flatMap((line): Step[] => {
    try {
      return [JSON.parse(line) as Step];
    } catch {
      return [];
    }
  });
}

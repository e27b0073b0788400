import type { Clients } from "../../../containers/targets/clients.ts";
import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import type { ScriptedCall } from "../../../containers/targets/scripted-model.ts";

/** A client of the matrix: how it connects, lists and calls, and how its outcome is read. */
export interface McpClient {
  /** As the report calls it. */
  name: string;
  /** Its version, from the machine that it runs on. */
  version(rigs: Rigs): string;
  /** Connects, lists the tools and calls one, as its user would. Never throws for what the gateway does. */
  use(rigs: Rigs, visit: Visit): Promise<ClientRun>;
}

export interface Rigs {
  gateway: GatewayTarget;
  clients: Clients;
}

/** Where a client goes, and what for. */
export interface Visit {
  mcpUrl: string;
  key: string;
  call: ScriptedCall;
}

/** What a client did. */
export interface ClientRun {
  exitCode: number;
  /** The client itself says that it failed: by its exit code, where that tells, or in its own words. */
  failed: boolean;
  /** Names of the tools that it got, as it shows them; undefined when it never got that far. */
  tools: readonly string[] | undefined;
  /** Text of the call's result; undefined when there was none. */
  result: string | undefined;
  /** The last thing that it showed of an error, or undefined. */
  shown: string | undefined;
  /** What else the reader of the report should know. */
  note?: string;
  /** What was run, without its key. */
  command: string;
  /** Milliseconds. */
  took: number;
}

/** A line of a driver's output. */
interface Step {
  models?: string[];
  tools?: string[];
  text?: string;
  refused?: string;
}

/** What a driver says that it did; a line that is none of its own is nothing that it did. */
export function stepsOf(stdout: string): Step[] {
  return stdout.split("\n").flatMap((line): Step[] => {
    try {
      return [JSON.parse(line) as Step];
    } catch {
      return [];
    }
  });
}

/** The line of a client's words that tells most: the last one that speaks of an error. */
export function tellingLine(...texts: readonly string[]): string | undefined {
  const lines = texts.flatMap((text) => text.split("\n")).filter((line) => line.trim() !== "");
  const line = lines.findLast((one) => /error|refused|failed|unauthori[sz]ed|exception/i.test(one)) ?? lines.at(-1);
  return line?.replace(/^[\s|+-]+/, "").slice(0, 300);
}

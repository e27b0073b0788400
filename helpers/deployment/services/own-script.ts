import type { ComposeService } from "../compose/types.ts";
import type { UpstreamConfig } from "../litellm/types.ts";
import { type NodeStart, nodeScript } from "./node-script.ts";
import type { PackageSpec } from "./package-spec.ts";
import { pythonScript } from "./python-script.ts";

/** A script of the operator's that LiteLLM starts over stdio: mounted, or copied by LiteLLM's Dockerfile. */
export interface OwnScript {
  /** The packages of PyPI that a Python script imports beyond LiteLLM's own. */
  packages: readonly PackageSpec[];
  /** What it imports and the run can't have, for messages: a run can't start it. */
  missing: readonly string[];
  /** What a Node.js script is started with; undefined for Python. */
  node?: NodeStart;
}

/** Undefined for a server that starts anything else, and for a script that is in no file of the deployment. */
export function ownScript(
  upstream: Pick<UpstreamConfig & { transport: "stdio" }, "command" | "args" | "commandAt" | "location">,
  service: ComposeService,
): OwnScript | undefined {
  return pythonScript(upstream, service) ?? nodeScript(upstream, service);
}

import { type Command, InvalidArgumentError } from "commander";
import { ExitCode } from "../helpers/core/errors.ts";
import { type Discovery, type DiscoveryStep, walkDiscovery } from "../helpers/protocol/oauth/discovery.ts";
import { strictSend } from "../helpers/protocol/oauth/strict-send.ts";

export function addAuthCheck(program: Command): void {
  program
    .command("auth-check")
    .summary("check how MCP clients find the login of a gateway, step by step; reads only")
    .description(
      "Walks the discovery of MCP's authorization as clients do: the challenge, the protected-resource metadata, and the " +
        "authorization server's metadata in each well-known form. It sends no credential, registers nothing and logs nobody in. " +
        "Certificates are checked; NODE_EXTRA_CA_CERTS names one that this machine does not know.",
    )
    .argument("<url>", "MCP's address as a user types it, e.g. https://gateway.example.org/mcp", httpAddress)
    .option("--json", "print the steps as JSON")
    .action(async (url: string, { json = false }: { json?: boolean }) => {
      const walk = await walkDiscovery(strictSend, url);
      const faults = walk.steps.filter(({ verdict }) => verdict === "fault");
      const isReached = walk.steps.some(({ exchange }) => exchange?.response !== undefined);
      process.stdout.write(json ? `${JSON.stringify(asJson(walk), null, 2)}\n` : textOf(walk, isReached));
      if (faults.length > 0) process.exitCode = isReached ? ExitCode.notConformant : ExitCode.environmentFailed;
    });
}

function httpAddress(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new InvalidArgumentError("It must be an http or https address, e.g. https://gateway.example.org/mcp.");
}

const marks: Readonly<Record<DiscoveryStep["verdict"], string>> = { ok: "ok   ", fault: "FAULT", note: "note " };

function textOf({ steps, server }: Discovery, isReached: boolean): string {
  const lines = steps.map(({ verdict, step, found, fix }) =>
    [`${marks[verdict]} ${step}: ${found}`, ...(fix === "" ? [] : [`      fix: ${fix}`])].join("\n"),
  );
  const faults = steps.filter(({ verdict }) => verdict === "fault").length;
  const found = faults > 0 ? countedFaults(faults) : `MCP clients find the login at ${server?.authorizationEndpoint}.`;
  const end = isReached ? found : "The gateway was not reached, so nothing can be said of its login.";
  return `${[...lines, "", end].join("\n")}\n`;
}

function countedFaults(count: number): string {
  return `${count} ${count === 1 ? "fault" : "faults"}: some or all MCP clients do not get to the login.`;
}

function asJson({ steps, resource, scopes, server }: Discovery): object {
  return {
    resource,
    scopes,
    server,
    steps: steps.map(({ exchange, ...step }) => ({
      ...step,
      url: exchange?.request.url,
      status: exchange?.response?.status,
    })),
  };
}

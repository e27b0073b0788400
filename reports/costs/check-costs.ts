import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { RunCost } from "./bench-report.ts";

/** A request of a check's evidence, as far as it is read here. */
const exchanges = z.array(
  z.object({
    at: z.iso.datetime(),
    request: z.object({ body: z.string().optional() }),
    response: z.object({ endAfter: z.number() }).partial().nullish(),
    failedAfter: z.number().optional(),
  }),
);

/** A command of a check's evidence. */
const commands = z.array(z.object({ at: z.iso.datetime(), milliseconds: z.number().optional() }));

/** A time in which a check waited for an answer; milliseconds since the epoch. */
interface Window {
  check: string;
  from: number;
  to: number;
}

/** A process that was started, as a meter saw it. */
interface Seen {
  /** At most `late` milliseconds after its start; milliseconds since the epoch. */
  seenAt: number;
}

/** How much later than its start a process may be seen, in milliseconds: a reading of the meter, and a busy machine. */
const late = 400;

/**
 * What each check asked of LiteLLM, by its evidence, and what LiteLLM started meanwhile.
 *
 * @param directory the run's report
 * @param ids the checks
 */
export function checkCosts(directory: string, ids: readonly string[], spawns: readonly Seen[]): RunCost["checks"] {
  const costs = new Map(ids.map((id) => [id, { id, mcpRequests: 0, spawned: 0 }]));
  const windows: Window[] = [];
  for (const id of ids) {
    const sent = exchanges.parse(evidence(directory, id, "wire.json"));
    const ran = commands.parse(evidence(directory, id, "commands.json"));
    const cost = costs.get(id);
    for (const { at, request, response, failedAfter } of sent) {
      if (!isMcpRequest(request.body) || cost === undefined) continue;
      cost.mcpRequests++;
      windows.push(windowOf(id, at, response?.endAfter ?? failedAfter));
    }
    windows.push(...ran.map(({ at, milliseconds }) => windowOf(id, at, milliseconds)));
  }
  for (const { seenAt } of spawns) {
    const waiting = new Set(
      windows.flatMap(({ check, from, to }) => (from <= seenAt && seenAt - late <= to ? [check] : [])),
    );
    for (const check of waiting) {
      const cost = costs.get(check);
      if (cost !== undefined) cost.spawned += 1 / waiting.size;
    }
  }
  return [...costs.values()]
    .filter(({ mcpRequests, spawned }) => mcpRequests > 0 || spawned > 0)
    .map((cost) => ({ ...cost, spawned: Math.round(cost.spawned * 10) / 10 }))
    .toSorted((one, other) => other.spawned - one.spawned || other.mcpRequests - one.mcpRequests);
}

/** A request or a notification of MCP; not an answer. */
function isMcpRequest(body: string | undefined): boolean {
  return body?.includes('"jsonrpc"') === true && body.includes('"method"');
}

function windowOf(check: string, at: string, milliseconds = 0): Window {
  const from = Date.parse(at);
  return { check, from, to: from + milliseconds };
}

/** A file of a check's evidence; an empty list when the check has none. */
function evidence(directory: string, id: string, name: string): unknown {
  const folder = join(directory, "evidence", id.replaceAll("/", "-"));
  if (!existsSync(folder) || !readdirSync(folder).includes(name)) return [];
  return JSON.parse(readFileSync(join(folder, name), "utf8"));
}

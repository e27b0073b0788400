import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { FailureDetails } from "../../helpers/checks/check-failure.ts";
import { isCheckFailure } from "../../helpers/checks/classify.ts";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import type { Phase } from "../../helpers/core/terminal/progress.ts";
import type { Canaries } from "../../helpers/deployment/source/canaries.ts";
import type { FinalCheck, Leak, Repeat, RunRecord } from "../../helpers/run/run-record.ts";
import type { Executed, ExecuteOptions } from "../engine/command.ts";
import { isRigName, type RigName, type RigState } from "../rigs/rig.ts";

/** What the main process offers to the workers. */
export interface RigService {
  /** A rig, started at the first call; every call gets the same one. */
  rig(name: RigName): Promise<RigState>;
  canaries: Canaries;
  /** Runs the checks that come last, when every other check is over; none where no part was started. */
  finalChecks(): Promise<readonly FinalCheck[]>;
  /** What is known of the run until now. */
  record(): RunRecord;
  /** Runs a command in a container of the run: the workers share its agent. */
  execute(container: string, command: readonly string[], options: ExecuteOptions): Promise<Executed>;
  /** Adds secrets that came back to a check in a response of LiteLLM, where no secret may be. */
  addResponseLeaks(leaks: readonly Leak[]): void;
  /** Adds a check that is to be repeated alone, when every other check is over. */
  addRepeat(repeat: Repeat): void;
  /** Adds a phase that a check measured, for the report. */
  addPhase(phase: Phase): void;
}

/** {@link Canaries} as JSON. */
export type SerializedCanaries = Omit<Canaries, "secrets"> & { secrets: readonly (readonly [string, string])[] };

/** A command for a container as JSON. */
export interface CommandOrder {
  container: string;
  command: readonly string[];
  options: ExecuteOptions;
}

/** An error as JSON; `name` is the name of its class. */
export interface SerializedError {
  name: string;
  message: string;
  part?: string;
  log?: readonly string[];
  /** Of a failure of the deployment's own. */
  details?: FailureDetails;
}

/**
 * Serves rigs to the workers on the loopback: the main process owns the parts, so that all spec files share one rig and
 * one place removes it. The token keeps other users of the machine out.
 */
export async function serveRigs(service: RigService): Promise<{ url: string; token: string; close(): Promise<void> }> {
  const token = randomBytes(16).toString("hex");
  const server = createServer((request, response) => {
    void answer(service, token, request, response);
  });
  // A worker reuses its connections: one that the server closes as idle while a request is on its way would be an error.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, token, close: () => close(server) };
}

async function answer(
  service: RigService,
  token: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const reply = (status: number, body: unknown): void => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
  if (request.headers.authorization !== `Bearer ${token}`) return reply(401, {});
  const [, collection, name] = (request.url ?? "").split("/");
  try {
    if (collection === "rigs" && isRigName(name)) return reply(200, await service.rig(name));
    if (collection === "canaries") {
      const body: SerializedCanaries = { ...service.canaries, secrets: [...service.canaries.secrets] };
      return reply(200, body);
    }
    if (collection === "record") return reply(200, service.record());
    if (collection === "final-checks") return reply(200, await service.finalChecks());
    if (collection === "commands") {
      const { container, command, options } = JSON.parse(await bodyOf(request)) as CommandOrder;
      return reply(200, await service.execute(container, command, options));
    }
    if (collection === "phases" || collection === "response-leaks" || collection === "repeats") {
      const text = await bodyOf(request);
      if (collection === "phases") service.addPhase(JSON.parse(text) as Phase);
      else if (collection === "repeats") service.addRepeat(JSON.parse(text) as Repeat);
      else service.addResponseLeaks(JSON.parse(text) as Leak[]);
      return reply(200, {});
    }
    reply(404, {});
  } catch (error) {
    reply(500, serialized(error));
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString("utf8");
}

function serialized(error: unknown): SerializedError {
  if (error instanceof EnvironmentError) {
    const { name, message, part, log } = error;
    return { name, message, log, ...(part === undefined ? {} : { part }) };
  }
  if (isCheckFailure(error)) return { name: error.name, message: error.message, details: error.details };
  return error instanceof Error
    ? { name: error.name, message: error.message }
    : { name: "Error", message: String(error) };
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

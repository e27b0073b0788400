import type { Duplex } from "node:stream";
import { PassThrough } from "node:stream";
import { ReadBuffer, serializeMessage } from "@modelcontextprotocol/sdk/shared/stdio.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import type { Engine } from "../../engine/engine.ts";

/**
 * MCP's stdio transport to a server that is started inside a container: how the suite asks an upstream directly, with
 * the same client that asks the gateway.
 */
export class ContainerStdioTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  /** What the server wrote to standard error, for messages. */
  stderr = "";
  readonly #engine: Engine;
  readonly #container: string;
  readonly #command: readonly string[];
  readonly #environment: ReadonlyMap<string, string>;
  readonly #buffer = new ReadBuffer();
  #stream: Duplex | undefined;

  constructor(engine: Engine, container: string, command: readonly string[], environment: ReadonlyMap<string, string>) {
    this.#engine = engine;
    this.#container = container;
    this.#command = command;
    this.#environment = environment;
  }

  async start(): Promise<void> {
    const exec = await this.#engine.docker.getContainer(this.#container).exec({
      Cmd: [...this.#command],
      Env: [...this.#environment].map(([name, value]) => `${name}=${value}`),
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
    });
    const stream = await exec.start({ hijack: true, stdin: true });
    const out = new PassThrough();
    const err = new PassThrough();
    out.on("data", (piece: Buffer) => this.#receive(piece));
    err.on("data", (piece: Buffer) => {
      this.stderr += piece.toString("utf8");
    });
    this.#engine.docker.modem.demuxStream(stream, out, err);
    stream.once("close", () => this.onclose?.());
    stream.once("error", (error: Error) => this.onerror?.(error));
    this.#stream = stream;
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const stream = this.#stream;
    if (stream === undefined) throw new Error(`${this.#command[0]} was not started`);
    await new Promise<void>((resolve, reject) => {
      stream.write(serializeMessage(message), (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Closes standard input, upon which a stdio server ends (MCP lifecycle, shutdown). */
  async close(): Promise<void> {
    this.#stream?.end();
    this.#stream?.destroy();
    this.#stream = undefined;
  }

  #receive(piece: Buffer): void {
    this.#buffer.append(piece);
    for (;;) {
      try {
        const message = this.#buffer.readMessage();
        if (message === null) return;
        this.onmessage?.(message);
      } catch (error) {
        this.onerror?.(error as Error);
        return;
      }
    }
  }
}

import type { GatewayWith } from "../../../containers/targets/needs.ts";
import { deadlines, until } from "../../../helpers/core/deadlines.ts";
import { namesOf } from "../../../helpers/deployment/services/hosts.ts";

/** A proxy that forwards nothing and records where each request was meant to go; it ends by itself. Plain JavaScript, for any Node. */
const proxy = `
const { createServer } = require("node:http");
const { appendFileSync, writeFileSync } = require("node:fs");
const [folder, life] = process.argv.slice(2);
const note = (where) => appendFileSync(folder + "/calls", where + "\\n");
const server = createServer((request, response) => { note(request.url); response.writeHead(502).end(); });
server.on("connect", (request, socket) => { note(request.url); socket.end("HTTP/1.1 502 Bad Gateway\\r\\n\\r\\n"); });
server.listen(0, "127.0.0.1", () => {
  writeFileSync(folder + "/calls", "");
  writeFileSync(folder + "/port", String(server.address().port));
});
setTimeout(() => process.exit(), Number(life));
`;

/** Target of the control request: a name that never exists (RFC 2606). */
const control = "control.invalid:443";

/** Records what a program on a machine of the rig tries to reach in addition to the gateway. */
export class OutgoingCalls {
  /** For the program: the recording proxy for every host except the gateway's. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #gateway: GatewayWith<"commands">;
  readonly #machine: string;
  readonly #folder: string;

  private constructor(gateway: GatewayWith<"commands">, machine: string, folder: string, port: string) {
    this.#gateway = gateway;
    this.#machine = machine;
    this.#folder = folder;
    const url = `http://127.0.0.1:${port}`;
    const { policy, deployment } = gateway;
    const services = [deployment.litellm, ...(deployment.traefik === undefined ? [] : [deployment.traefik])];
    const gatewayNames = [...policy.hosts.map(({ name }) => name), ...services.flatMap(namesOf)];
    const direct = [...gatewayNames, "127.0.0.1", "localhost"].join(",");
    const variables = { http_proxy: url, https_proxy: url, all_proxy: url, no_proxy: direct };
    const upper = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name.toUpperCase(), value]));
    this.environment = { ...variables, ...upper };
  }

  /**
   * Starts the recording proxy.
   *
   * @param machine a part of the rig that has Node
   * @param folder for its files, on that machine
   * @throws {DeadlineError} when it does not start
   */
  static async record(gateway: GatewayWith<"commands">, machine: string, folder: string): Promise<OutgoingCalls> {
    await gateway.write(machine, { [`${folder}/proxy.cjs`]: proxy });
    const start = 'node "$1/proxy.cjs" "$1" "$2" </dev/null >/dev/null 2>&1 &';
    await gateway.run(machine, ["sh", "-c", start, "sh", folder, String(2 * deadlines.agentTurn)]);
    const port = await until("the recording proxy listens", deadlines.smallPartStart, async () => {
      const { exitCode, stdout } = await gateway.run(machine, ["cat", `${folder}/port`]);
      return exitCode === 0 && stdout !== "" ? stdout : undefined;
    });
    return new OutgoingCalls(gateway, machine, folder, port);
  }

  /**
   * Targets that the program tried to reach, as `host:port` or a URL, each once.
   *
   * @throws {Error} when the proxy did not record the control request: then an empty list would prove nothing
   */
  async targets(): Promise<string[]> {
    const ask = `require("node:http").request({ port: new URL(process.env.http_proxy).port, method: "CONNECT", path: "${control}" }).on("connect", () => process.exit()).end()`;
    await this.#gateway.run(this.#machine, ["node", "-e", ask], { environment: this.environment });
    const { stdout } = await this.#gateway.run(this.#machine, ["cat", `${this.#folder}/calls`]);
    const calls = [...new Set(stdout.split("\n").filter(Boolean))];
    if (!calls.includes(control)) throw new Error("the recording proxy did not record the control request");
    return calls.filter((call) => call !== control);
  }
}

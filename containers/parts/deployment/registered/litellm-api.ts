import { request } from "undici";
import { deadlines } from "../../../../helpers/core/deadlines.ts";
import { EnvironmentError } from "../../../../helpers/core/errors.ts";
import { keyInfoPath, keyMetadata, needsTeam } from "../../../../helpers/deployment/litellm/key-rights.ts";
import { liteLLMPortOf } from "../../../../helpers/deployment/services/litellm-port.ts";
import type { Deployment } from "../../../../helpers/deployment/types.ts";
import type { PartHandle } from "../../part.ts";

/** A server as LiteLLM's API lists it. */
export interface RegisteredServer {
  server_id: string;
  server_name?: string | null;
  alias?: string | null;
  mcp_access_groups?: readonly string[] | null;
  allow_all_keys?: boolean | null;
}

/** Where LiteLLM answers, and its name for messages. */
export type LiteLLMAddress = Pick<PartHandle, "name" | "host" | "ports">;

/** Where LiteLLM keeps its servers. */
export const serversPath = "/v1/mcp/server";

/** LiteLLM's management API on its own port, with the master key. */
export class LiteLLMApi {
  readonly #url: string;
  readonly #key: string;
  readonly #part: string;

  constructor({ litellm: service, litellmConfig }: Deployment, litellm: LiteLLMAddress) {
    this.#url = `http://${litellm.host}:${litellm.ports[liteLLMPortOf(service)]}`;
    this.#key = litellmConfig.masterKey ?? service.environment.get("LITELLM_MASTER_KEY")?.value ?? "";
    this.#part = litellm.name;
  }

  /** @throws {EnvironmentError} when LiteLLM does not list its servers */
  async servers(): Promise<readonly RegisteredServer[]> {
    return JSON.parse(await this.#ask("its servers can't be listed", "GET", serversPath)) as RegisteredServer[];
  }

  /**
   * Creates something.
   *
   * @param what for the message, e.g. `the server files`
   * @throws {EnvironmentError} when LiteLLM refuses
   */
  async create(what: string, path: string, body: object): Promise<unknown> {
    return JSON.parse(await this.#ask(`${what} can't be registered`, "POST", path, body));
  }

  /**
   * Creates a virtual key.
   *
   * @param team makes a team that is granted what the key is, and gives its id: for a version that grants servers only to a key
   * in a team
   * @throws {EnvironmentError} when LiteLLM refuses
   */
  async createKey(what: string, body: object, team: () => Promise<string>): Promise<void> {
    const path = "/key/generate";
    const { status, text } = await this.#send("POST", path, body);
    if (status < 300) return;
    if (!needsTeam({ status, body: text }))
      throw this.#refusal(`${what} can't be registered`, "POST", path, { status, text });
    await this.create(what, path, { ...body, team_id: await team() });
  }

  /** The metadata of a virtual key; undefined for a key that LiteLLM's database does not have, or has as a deleted one. */
  async keyMetadata(key: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    const { status, text } = await this.#send("GET", keyInfoPath(key));
    return keyMetadata({ status, body: text });
  }

  /** @throws {EnvironmentError} when LiteLLM refuses */
  async deleteKeys(keys: readonly string[]): Promise<void> {
    await this.#ask("keys can't be deleted", "POST", "/key/delete", { keys });
  }

  /**
   * Changes a server.
   *
   * @throws {EnvironmentError} when LiteLLM refuses
   */
  async changeServer(server: RegisteredServer): Promise<void> {
    await this.#ask(`the server ${server.server_name} can't be changed`, "PUT", serversPath, server);
  }

  /**
   * Opens a first MCP session, alone, whatever LiteLLM answers, if anything. LiteLLM 1.106.2 begins to keep sessions with the first request,
   * and may forget those that several clients open at that moment ("Session not found"). CAT-20 proves the first request.
   *
   * @param path of the MCP endpoint
   */
  async openFirstSession(path: string): Promise<void> {
    const params = {
      protocolVersion: "2025-06-18",
      capabilities: {},
      clientInfo: { name: "conformance", version: "1" },
    };
    // A LiteLLM that gives no answer is for the checks to judge.
    await this.#send("POST", path, { jsonrpc: "2.0", id: 1, method: "initialize", params }).catch(() => {});
  }

  async #ask(trouble: string, method: "GET" | "POST" | "PUT", path: string, body?: object): Promise<string> {
    const answer = await this.#send(method, path, body);
    if (answer.status < 300) return answer.text;
    throw this.#refusal(trouble, method, path, answer);
  }

  #refusal(
    trouble: string,
    method: string,
    path: string,
    { status, text }: { status: number; text: string },
  ): EnvironmentError {
    return new EnvironmentError(`${trouble}: LiteLLM answers ${method} ${path} with ${status}: ${text}`, {
      part: this.#part,
    });
  }

  async #send(method: "GET" | "POST" | "PUT", path: string, body?: object): Promise<{ status: number; text: string }> {
    const response = await request(`${this.#url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#key}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
      },
      // LiteLLM asks each server for its health before it lists them.
      headersTimeout: deadlines.mcpRequest,
      bodyTimeout: deadlines.mcpRequest,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.statusCode, text: await response.body.text() };
  }
}

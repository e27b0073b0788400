import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { GatewayTarget } from "../../containers/targets/needs.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { deadlines } from "../../helpers/core/deadlines.ts";
import { jsonOf } from "../../helpers/core/text/json.ts";
import {
  keyInfoPath,
  keyMetadata,
  needsTeam,
  type ObjectPermission,
} from "../../helpers/deployment/litellm/key-rights.ts";
import type { UserRole } from "../../helpers/deployment/types.ts";
import type { Exchange } from "../../helpers/protocol/exchange.ts";
import type { Evidence } from "../runner/evidence.ts";
import { statusOf } from "./answers.ts";

/** The rights of a virtual key, as LiteLLM's API takes them. */
export interface KeyRights {
  key_alias?: string;
  models?: readonly string[];
  object_permission?: ObjectPermission;
  team_id?: string;
  user_id?: string;
  allowed_routes?: readonly string[];
  max_budget?: number;
  rpm_limit?: number;
  /** E.g. `1s`; by default a key expires after ten minutes. */
  duration?: string;
}

/** A virtual key, and its hash, by which LiteLLM knows it. */
export interface VirtualKey {
  key: string;
  token: string;
}

const keyShape = z.object({ key: z.string(), token: z.string() });
const serverShape = z.array(
  z.looseObject({
    server_id: z.string(),
    server_name: z.string().nullish(),
    alias: z.string().nullish(),
    allow_all_keys: z.boolean().nullish(),
  }),
);

type ListedServer = z.infer<typeof serverShape>[number];

/**
 * LiteLLM's management API with the master key.
 *
 * @throws {NotSupported} when this LiteLLM has no database
 */
export async function managementApi(gateway: GatewayTarget, evidence: Evidence): Promise<ManagementApi> {
  const database = await gateway.once.do("LiteLLM's database", () => databaseState(gateway));
  if (database !== "connected")
    evidence.notSupported(
      `this LiteLLM has no database (/health/readiness reports ${database ?? "nothing"}), and so no virtual keys`,
    );
  return new ManagementApi(gateway);
}

/** What LiteLLM reports about its database, e.g. `connected`. */
async function databaseState(gateway: GatewayTarget): Promise<string | null | undefined> {
  const exchange = await gateway.send({ path: "/health/readiness", bearer: gateway.masterKey });
  const read = z.object({ db: z.string().nullish() }).safeParse(jsonOf(exchange.response?.body));
  if (read.success) return read.data.db;
  throw new CheckFailure({
    summary: "LiteLLM does not report whether it has a database",
    code: "no-readiness",
    expected: "a JSON object with db at /health/readiness",
    actual: statusOf(exchange),
    cause: "this version has no /health/readiness, or answers in another form",
    evidence: exchangeEvidence(exchange),
  });
}

/** Creates, changes and deletes what LiteLLM keeps in its database. */
export class ManagementApi {
  readonly #gateway: GatewayTarget;

  constructor(gateway: GatewayTarget) {
    this.#gateway = gateway;
  }

  /**
   * Creates a virtual key. A version that grants servers only to a key in a team (1.83.0) gets one that is granted every
   * server, so that the key's own grant decides.
   *
   * @throws {CheckFailure} `no-key`
   */
  async createKey(rights: KeyRights): Promise<VirtualKey> {
    const wanted = { duration: "10m", ...rights };
    let exchange = await this.post("/key/generate", wanted);
    if (rights.team_id === undefined && needsTeam(exchange.response))
      exchange = await this.post("/key/generate", { ...wanted, team_id: await this.#teamWithEveryServer() });
    return this.#read(exchange, keyShape, "LiteLLM creates no virtual key", "no-key");
  }

  /** Whether LiteLLM has a virtual key that is not deleted. */
  async hasKey(key: string): Promise<boolean> {
    const { response } = await this.#gateway.send({ path: keyInfoPath(key), bearer: this.#gateway.masterKey });
    return keyMetadata(response) !== undefined;
  }

  /** @throws {CheckFailure} `not-changed` */
  async changeKey({ key }: VirtualKey, rights: KeyRights): Promise<void> {
    this.#accepted(
      await this.post("/key/update", { key, ...rights }),
      "a virtual key cannot be changed",
      "not-changed",
    );
  }

  /** @throws {CheckFailure} `not-deleted` */
  async deleteKey({ key }: VirtualKey): Promise<void> {
    this.#accepted(await this.post("/key/delete", { keys: [key] }), "a virtual key cannot be deleted", "not-deleted");
  }

  /**
   * Creates a team.
   *
   * @returns its id
   * @throws {CheckFailure} `no-team`
   */
  async createTeam(alias: string, rights: Pick<KeyRights, "models" | "object_permission">): Promise<string> {
    const exchange = await this.post("/team/new", { team_alias: alias, ...rights });
    return this.#read(exchange, z.object({ team_id: z.string() }), "LiteLLM creates no team", "no-team").team_id;
  }

  /**
   * Creates a user without a key.
   *
   * @returns its id
   * @throws {CheckFailure} `no-user`
   */
  async createUser(role: UserRole): Promise<string> {
    const exchange = await this.post("/user/new", { user_role: role, auto_create_key: false });
    return this.#read(exchange, z.object({ user_id: z.string() }), "LiteLLM creates no user", "no-user").user_id;
  }

  /**
   * The ids by which grants name the MCP servers, by the servers' names; those of LiteLLM's config have ids too.
   *
   * @throws {CheckFailure} `no-servers`, `no-server`
   */
  async serverIds(names: readonly string[]): Promise<string[]> {
    const known = await this.allServerIds();
    return names.map((name) => {
      const id = known.get(name);
      if (id !== undefined) return id;
      throw new CheckFailure({
        summary: `LiteLLM lists no MCP server ${name}`,
        code: "no-server",
        expected: `${name} at /v1/mcp/server`,
        actual: [...known.keys()].join(", ") || "no server",
        cause: "it is neither in LiteLLM's config nor in its database",
      });
    });
  }

  /** The ids of all MCP servers, by name. */
  async allServerIds(): Promise<ReadonlyMap<string, string>> {
    return new Map(
      (await this.#servers()).flatMap((server) => namesOf(server).map((name) => [name, server.server_id] as const)),
    );
  }

  /** The names of the MCP servers that every key may use, whatever it is granted. */
  async serversForAllKeys(): Promise<ReadonlySet<string>> {
    const open = (await this.#servers()).filter(({ allow_all_keys }) => allow_all_keys === true);
    return new Set(open.flatMap(namesOf));
  }

  /** Sends a request with the master key. */
  async post(path: string, body: object): Promise<Exchange> {
    return await this.#gateway.send({
      path,
      method: "POST",
      bearer: this.#gateway.masterKey,
      headers: [["Content-Type", "application/json"]],
      body: JSON.stringify(body),
      // LiteLLM may be asking its servers for their tools meanwhile.
      deadline: deadlines.mcpRequest,
    });
  }

  async #teamWithEveryServer(): Promise<string> {
    return await this.#gateway.once.do("a team with every server", async () => {
      const servers = [...new Set((await this.allServerIds()).values())];
      return await this.createTeam(`conformance-${randomBytes(4).toString("hex")}`, {
        object_permission: { mcp_servers: servers },
      });
    });
  }

  async #servers(): Promise<readonly ListedServer[]> {
    return await this.#gateway.once.do("LiteLLM's list of the MCP servers", async () => {
      const { masterKey } = this.#gateway;
      // LiteLLM asks every server for its health first.
      const deadline = deadlines.mcpRequest;
      const exchange = await this.#gateway.send({ path: "/v1/mcp/server", bearer: masterKey, deadline });
      return this.#read(exchange, serverShape, "LiteLLM does not list its MCP servers", "no-servers");
    });
  }

  #read<T>(exchange: Exchange, shape: z.ZodType<T>, summary: string, code: string): T {
    const read = shape.safeParse(jsonOf(exchange.response?.body));
    if (read.success) return read.data;
    throw refused(exchange, summary, code);
  }

  #accepted(exchange: Exchange, summary: string, code: string): void {
    if (exchange.response?.status !== 200) throw refused(exchange, summary, code);
  }
}

function namesOf({ server_name, alias }: ListedServer): string[] {
  return [server_name, alias].flatMap((name) => name || []);
}

function refused(exchange: Exchange, summary: string, code: string): CheckFailure {
  return new CheckFailure({
    summary,
    code,
    expected: "200 from LiteLLM's management API",
    actual: statusOf(exchange),
    cause: "the master key does not administer LiteLLM, or its database cannot be written to",
    evidence: exchangeEvidence(exchange),
  });
}

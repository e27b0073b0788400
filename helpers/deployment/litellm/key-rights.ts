import { createHash } from "node:crypto";
import { z } from "zod";
import { jsonOf } from "../../core/text/json.ts";
import type { PolicyGrant, PolicyIdentity } from "../policy/types.ts";

/** What a virtual key or a team may use of MCP, as LiteLLM's API takes it. */
export interface ObjectPermission {
  /** Ids of servers. */
  mcp_servers?: readonly string[];
  mcp_access_groups?: readonly string[];
  /** Ids of servers to names of tools, without prefix. */
  mcp_tool_permissions?: Readonly<Record<string, readonly string[]>>;
}

/** Whose key it is, as far as its own rights are concerned. */
type KeyHolder = Pick<PolicyIdentity, "servers" | "accessGroups" | "tools" | "models" | "routes">;

/**
 * The rights of an identity's key, without its team's.
 *
 * @param idOf the id by which LiteLLM names a server
 */
export function keyRights(
  { servers, accessGroups, tools, models, routes }: KeyHolder,
  idOf: (server: string) => string,
): { models?: readonly string[]; allowed_routes?: readonly string[]; object_permission?: ObjectPermission } {
  const permission: ObjectPermission = {
    ...grantRights({ servers: [...new Set([...servers, ...tools.keys()])], accessGroups }, idOf),
    ...(tools.size === 0
      ? {}
      : { mcp_tool_permissions: Object.fromEntries([...tools].map(([server, names]) => [idOf(server), names])) }),
  };
  return {
    ...(models.length === 0 ? {} : { models }),
    ...(routes.length === 0 ? {} : { allowed_routes: routes }),
    ...(Object.keys(permission).length === 0 ? {} : { object_permission: permission }),
  };
}

/** What a team, or a key, is granted by server and by access group. */
export function grantRights(
  { servers, accessGroups }: PolicyGrant,
  idOf: (server: string) => string,
): ObjectPermission {
  return {
    ...(servers.length === 0 ? {} : { mcp_servers: servers.map(idOf) }),
    ...(accessGroups.length === 0 ? {} : { mcp_access_groups: accessGroups }),
  };
}

/**
 * The path that says whether LiteLLM has a key. It names the key by its hash, which both versions accept: each access log on the
 * way writes the path down.
 */
export function keyInfoPath(key: string): string {
  return `/key/info?key=${createHash("sha256").update(key).digest("hex")}`;
}

const keyInfoShape = z.object({
  info: z.object({
    metadata: z.record(z.string(), z.unknown()).nullish(),
    deleted_at: z.string().nullish(),
  }),
});

/**
 * The metadata of a key, by LiteLLM's answer to {@link keyInfoPath}. LiteLLM 1.106.2 keeps deleted keys, answers 200 for them too,
 * and says when they were deleted.
 *
 * @returns undefined for a key that LiteLLM does not accept: unknown or deleted
 */
export function keyMetadata(
  answer: { status: number; body: string } | undefined,
): Readonly<Record<string, unknown>> | undefined {
  if (answer?.status !== 200) return undefined;
  const info = keyInfoShape.safeParse(jsonOf(answer.body)).data?.info;
  return info?.deleted_at ? undefined : (info?.metadata ?? {});
}

/** Whether LiteLLM refuses to grant servers to a key because it is in no team (1.83.0; neither 1.77.1 nor 1.106.2 does). */
export function needsTeam(answer: { status: number; body: string } | undefined): boolean {
  return answer?.status === 403 && /key is not in a team/i.test(answer.body);
}

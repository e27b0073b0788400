import { z } from "zod";
import { suggest } from "../../core/text/nearest.ts";
import type { FaultList } from "../source/fault-list.ts";
import { listOf, mapping, oneOf, text } from "../source/shape.ts";
import type { Policy, PolicyIdentity } from "./types.ts";

/** One entry of `identities`. */
export const identityShape = mapping({
  name: text.describe("A name for the report, and the alias of its key."),
  secret: text
    .optional()
    .describe(
      "The secret that is its key: an `api-key` of `secrets`. A run registers it by LiteLLM's API, as the operator did; a " +
        "gateway that runs elsewhere has it already. Default: the run makes a key.",
    ),
  servers: listOf(text)
    .default([])
    .describe("The servers that its key is granted, each a name of `upstreams`. Without any, it must see no server."),
  access_groups: listOf(text).default([]).describe("The MCP access groups that its key is granted."),
  tools: z
    .record(text, listOf(text), { error: "a mapping" })
    .default({})
    .describe("By server: the only tools of it that the key may use. LiteLLM 1.77.1 has no such right."),
  team: mapping({
    servers: listOf(text).default([]).describe("The servers that the team is granted."),
    access_groups: listOf(text).default([]).describe("The MCP access groups that the team is granted."),
  })
    .optional()
    .describe("The team of its key. A key without servers of its own has those of its team, any other at most those."),
  models: listOf(text).default([]).describe("The models that its key may use. Without any, it may use all."),
  routes: listOf(text)
    .default([])
    .describe(
      "The only paths that its key opens. Without any, there is no such limit; with some, it must see no MCP server.",
    ),
  role: oneOf("proxy_admin", "proxy_admin_viewer", "internal_user", "internal_user_viewer")
    .optional()
    .describe("The role of the user whose key it is. Default: the key belongs to no user."),
});

/** Adds a fault for a server, tool, model or secret of an identity that the policy does not have. */
export function checkIdentities(policy: Policy, faults: FaultList): void {
  const servers = policy.upstreams.map(({ name }) => name);
  const offered = policy.models.map(({ name }) => name);
  for (const identity of policy.identities) {
    const { name, servers: own, tools, team, models: allowed, location } = identity;
    const granted = [...own, ...tools.keys(), ...(team?.servers ?? [])];
    for (const server of granted.filter((one) => !servers.includes(one)))
      faults.add(
        location,
        `the identity '${name}' is granted '${server}', which is not one of the upstreams`,
        suggest(server, servers, "name one of the upstreams"),
      );
    for (const model of allowed.filter((one) => offered.length > 0 && !offered.includes(one)))
      faults.add(
        location,
        `the identity '${name}' may use '${model}', which is not one of the models`,
        suggest(model, offered, "name one of the models"),
      );
    checkSecret(policy, identity, faults);
  }
}

function checkSecret({ secrets }: Policy, { name, secret, location }: PolicyIdentity, faults: FaultList): void {
  const keys = secrets.filter(({ kind }) => kind === "api-key").map((one) => one.name);
  if (secret === undefined || keys.includes(secret)) return;
  faults.add(
    location,
    `the key of the identity '${name}' is '${secret}', which is not an api-key of the policy's secrets`,
    suggest(secret, keys, "name an api-key of the secrets"),
  );
}

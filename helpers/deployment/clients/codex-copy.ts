import { readFileSync } from "node:fs";
import { parse } from "smol-toml";
import { z } from "zod";
import type { ComposeService, PolicyClient, SourceLocation } from "../types.ts";
import { tableOf, withoutServers } from "./codex-servers.ts";
import { leadsToGateway } from "./gateway-address.ts";
import { type HostOfGateway, placeAtHost } from "./host-place.ts";

/** An address of the gateway's host in Codex's config, which a run calls otherwise. */
export interface MovedAddress {
  /** As written. */
  from: string;
  /** As a run calls it. */
  to: string;
  /** The service behind it. */
  service: ComposeService;
  location: SourceLocation;
}

/** An MCP server of Codex's config that is not the gateway. */
interface OtherServer {
  name: string;
  location: SourceLocation;
}

const addresses = /https?:\/\/[^\s"'<>]+/g;

/**
 * The text of Codex's config as a run calls the gateway, and without the MCP servers that are not the gateway: a run has none of
 * them. Lines keep their numbers.
 */
export function codexCopy(gateway: HostOfGateway, client: PolicyClient, text: string): string {
  const others = new Set(otherServersIn(gateway, client, text).map(({ name }) => name));
  return asTheRunCalls(gateway, client, others.size === 0 ? text : withoutServers(text, others));
}

/** The MCP servers that are left out of the copy of Codex's config. */
export function otherServers(gateway: HostOfGateway): OtherServer[] {
  const codex = gateway.policy.clients.find(({ kind }) => kind === "codex");
  const file = codex?.config;
  if (codex === undefined || file === undefined) return [];
  const text = readFileSync(file, "utf8");
  return otherServersIn(gateway, codex, text).map(({ name, line }) => ({ name, location: { file, line } }));
}

const servers = z.looseObject({
  mcp_servers: z.record(z.string(), z.looseObject({ url: z.string().optional() })).default({}),
});

/** Where no server is the gateway, each may be meant, and none is left out. */
function otherServersIn(gateway: HostOfGateway, client: PolicyClient, text: string): { name: string; line: number }[] {
  const written = servers.safeParse(parse(text)).data?.mcp_servers ?? {};
  const isGateways = ([, { url }]: [string, { url?: string | undefined }]): boolean =>
    url !== undefined && leadsToGateway(gateway, client, url);
  if (!Object.entries(written).some(isGateways)) return [];
  const lines = text.split("\n");
  return Object.entries(written)
    .filter((entry) => !isGateways(entry))
    .flatMap(([name]) => {
      const line = lines.findIndex((one) => tableOf(one) === name);
      // A server in an inline table stays: its text is not in lines of its own.
      return line === -1 ? [] : [{ name, line: line + 1 }];
    });
}

/**
 * A client's text with the addresses that lead to the gateway by its host as a run calls them: a run's machines have a loopback and a
 * host of their own.
 */
export function asTheRunCalls(gateway: HostOfGateway, client: PolicyClient, text: string): string {
  return text.replace(addresses, (url) => {
    const place = placeAtHost(gateway, client, url);
    return place?.leadsTo === "gateway" ? place.url : url;
  });
}

/**
 * The addresses that differ in the copy of Codex's config, outside of its comments: Codex runs on the gateway's host and calls the
 * gateway there, by ports that no LAN may reach.
 */
export function movedAddresses(gateway: HostOfGateway): MovedAddress[] {
  const codex = gateway.policy.clients.find(({ kind }) => kind === "codex");
  const file = codex?.config;
  if (codex === undefined || file === undefined) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.flatMap((line, index) =>
    (/^\s*#/.test(line) ? [] : (line.match(addresses) ?? [])).flatMap((from) => {
      const place = placeAtHost(gateway, codex, from);
      if (place?.leadsTo !== "gateway") return [];
      return [{ from, to: place.url, service: place.service, location: { file, line: index + 1 } }];
    }),
  );
}

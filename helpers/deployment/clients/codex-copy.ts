import { readFileSync } from "node:fs";
import type { ComposeService, PolicyClient, SourceLocation } from "../types.ts";
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

const addresses = /https?:\/\/[^\s"'<>]+/g;

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

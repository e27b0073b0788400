import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { isLiteLLMImage } from "../../services/build-outline.ts";
import type { ServiceOutline } from "./service-outline.ts";

/** What the suite knows a service by. */
export type Role = "litellm" | "traefik";

/** `traefik`, and what an operator builds on it and calls `edge-traefik`. */
const traefikImage = /(?:^|\/)(?:[\w.-]+-)?traefik(?:[:@]|$)/i;

/** Images around Traefik whose names begin with it, e.g. `traefik/whoami` and `traefik-certs-dumper`. */
const otherImage = /whoami|certs-dumper|forward-auth|postgres|exporter|bouncer|socket-proxy/i;

/** Where Traefik looks for its static configuration by itself. */
const staticFile = /^(?:\/etc\/traefik)?\/traefik\.(?:ya?ml|toml)$/;

/** Whether an image is Traefik itself. */
export function isTraefikImage(image: string): boolean {
  return traefikImage.test(image) && !otherImage.test(image);
}

/**
 * How sure it is that a service plays a role: 0 for no sign, 1 for a sign in its name, command or mounts, 2 for its image, or the
 * image that its Dockerfile begins with.
 */
export function roleSigns({ name, image, bases, command, mounts }: ServiceOutline, role: Role): 0 | 1 | 2 {
  const images = [image, ...bases].flatMap((one) => (one === undefined ? [] : imageOf(one)));
  const isOfRole = (one: string): boolean => (role === "litellm" ? isLiteLLMImage(one) : traefikImage.test(one));
  if (images.some((one) => isOfRole(one) && !otherImage.test(one))) return 2;
  if (images.some((one) => otherImage.test(one))) return 0;
  if (role === "traefik") {
    if (/--providers\.\w+|--entrypoints\.|traefik\.(?:ya?ml|toml)/i.test(command)) return 1;
    return mounts.some((target) => staticFile.test(target)) ? 1 : 0;
  }
  if (/(?:^|[\s/"'])litellm\s+--?\w/.test(command)) return 1;
  return /^litellm(?:[-_](?:proxy|gateway))?$/i.test(name) && !/postgres|redis|prometheus/i.test(image ?? "") ? 1 : 0;
}

/**
 * The service with the clearest signs of a role; of equals the first. Of several LiteLLMs it is the one that serves MCP, or else the
 * one that Traefik's rules lead to.
 */
export function serviceOf<Item>(
  role: Role,
  items: readonly Item[],
  outline: (item: Item) => ServiceOutline,
): Item | undefined {
  const signs = items
    .map((item) => ({ item, own: outline(item) }))
    .map((one) => ({ ...one, sign: roleSigns(one.own, role) }));
  const strongest = Math.max(0, ...signs.map(({ sign }) => sign));
  const equals = signs.filter(({ sign }) => sign > 0 && sign === strongest);
  if (role === "traefik" || equals.length < 2) return equals[0]?.item;
  const ranked = equals.map(({ item, own }) => ({ item, rank: (servesMcp(own) ? 2 : 0) + (own.hasRules ? 1 : 0) }));
  return ranked.toSorted((a, b) => b.rank - a.rank)[0]?.item;
}

/** Whether a config that is mounted in a service, or a template of one, names MCP servers. */
export function servesMcp({ sources = [] }: ServiceOutline): boolean {
  return sources.flatMap(configsAt).some((file) => /^mcp_servers\s*:/m.test(readFileSync(file, "utf8")));
}

/** `config.yaml`, `config.yaml.tmpl`. */
const configName = /\.ya?ml(?:\.[\w-]+)?$/i;

function configsAt(path: string): string[] {
  if (!existsSync(path)) return [];
  const found = statSync(path);
  if (found.isFile()) return configName.test(path) ? [path] : [];
  const inside = found.isDirectory() ? readdirSync(path, { withFileTypes: true }) : [];
  return inside.flatMap((entry) => (entry.isFile() && configName.test(entry.name) ? [join(path, entry.name)] : []));
}

/** An image with its variables' defaults: `${LITELLM_IMAGE:-ghcr.io/…}`. */
function imageOf(written: string): string[] {
  const defaults = [...written.matchAll(/:?-([^{}$]+)/g)].flatMap(([, text]) => text ?? []);
  return written.includes("$") ? [written.replaceAll(/\$\{[^}]*\}/g, ""), ...defaults] : [written];
}

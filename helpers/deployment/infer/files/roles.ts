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

/** The service with the clearest signs of a role; of equals the first. */
export function serviceOf<Item>(
  role: Role,
  items: readonly Item[],
  outline: (item: Item) => ServiceOutline,
): Item | undefined {
  const signs = items.map((item) => ({ item, sign: roleSigns(outline(item), role) }));
  return signs.toSorted((a, b) => b.sign - a.sign).find(({ sign }) => sign > 0)?.item;
}

/** An image with its variables' defaults: `${LITELLM_IMAGE:-ghcr.io/…}`. */
function imageOf(written: string): string[] {
  const defaults = [...written.matchAll(/:?-([^{}$]+)/g)].flatMap(([, text]) => text ?? []);
  return written.includes("$") ? [written.replaceAll(/\$\{[^}]*\}/g, ""), ...defaults] : [written];
}

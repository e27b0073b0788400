import type { ComposeService } from "../compose/types.ts";
import { outlineOf } from "./build-outline.ts";

/** The name that {@link proxyOf} gives to a node of Tailscale. */
export const tailscale = "Tailscale";

/** Images of proxies and tunnels that the suite does not run, with the name that readers know. */
const images: readonly (readonly [RegExp, string])[] = [
  [/(?:^|\/)(?:[\w.-]+-)?caddy(?:-docker-proxy)?(?:[:@]|$)/, "Caddy"],
  [/(?:^|\/)(?:nginx|nginx-proxy|nginx-proxy-manager|openresty)(?:[:@]|$)/, "nginx"],
  [/(?:^|\/)haproxy(?:[:@]|$)/, "HAProxy"],
  [/(?:^|\/)envoy(?:[:@]|$)/, "Envoy"],
  [/(?:^|\/)apisix(?:[:@]|$)/, "APISIX"],
  [/(?:^|\/)kong(?:-gateway)?(?:[:@]|$)/, "Kong"],
  [/(?:^|\/)cloudflared(?:[:@]|$)/, "a Cloudflare tunnel"],
  [/(?:^|\/)tailscale(?:[:@]|$)/, tailscale],
];

/** Where the proxies that an image may have under any name look for their configuration. */
const mounts: readonly (readonly [RegExp, string])[] = [
  [/^\/etc\/caddy(?:\/|$)|\/Caddyfile$/, "Caddy"],
  [/^\/etc\/nginx(?:$|\/(?:nginx\.conf|conf\.d|templates|sites-enabled)(?:\/|$))/, "nginx"],
  [/^\/usr\/local\/etc\/haproxy(?:\/|$)/, "HAProxy"],
];

/** The proxy or tunnel that a service runs, as readers know it; undefined for any other service, and for Traefik. */
export function proxyOf({ image, build, mounts: mounted }: ComposeService): string | undefined {
  const base = build === undefined ? undefined : outlineOf(build)?.base;
  const byImage = images.find(([pattern]) => [image?.value ?? "", base ?? ""].some((one) => pattern.test(one)));
  return (byImage ?? mounts.find(([pattern]) => mounted.some(({ target }) => pattern.test(target))))?.[1];
}

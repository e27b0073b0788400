import type { ComposeService, Mount } from "../compose/types.ts";

/** Programs that offer the engine's socket by HTTP, by their image, e.g. `tecnativa/docker-socket-proxy`. */
const socketProxy = /(?:docker-)?socket-proxy(?:[:@]|$)/;

/** Sockets of container engines, and the folders of the host that contain them. */
const engineSocket = /(?:^|\/)(?:docker|podman|containerd)\.sock$|^(?:\/var)?\/run(?:\/docker)?\/?$/;

/** Whether a service is a proxy of the engine's socket. */
export function isSocketProxy({ image }: ComposeService): boolean {
  return socketProxy.test(image?.value ?? "");
}

/** The mount by which a service has the engine's socket; undefined without one, and for a proxy of the socket. */
export function mountsSocket(service: ComposeService): Mount | undefined {
  if (isSocketProxy(service)) return undefined;
  return service.mounts.find(({ kind, source }) => kind === "bind" && engineSocket.test(source));
}

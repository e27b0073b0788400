import type { ContainerInspectInfo } from "dockerode";

/** Why a container was killed for its memory, as a half sentence; undefined where it was not. */
export function memoryKill({ State: state, HostConfig: host }: ContainerInspectInfo): string | undefined {
  if (!state.OOMKilled) return undefined;
  const limit = host.Memory ?? 0;
  return limit > 0
    ? `it was killed because it needs more memory than its limit of ${Math.round(limit / 1024 ** 2)} MiB`
    : "it was killed because the machine had no memory left";
}

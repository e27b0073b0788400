/** How long each end keeps a connection that nobody uses, by what the deployment says; in seconds. */

/** Until uvicorn closes one, where nothing else is said (uvicorn, `--timeout-keep-alive`). */
export const uvicornDefault = 5;

/** Until Traefik does (Traefik v3, ServersTransport, `idleConnTimeout`). */
export const traefikDefault = 90;

/**
 * For how long LiteLLM is told to keep one: by its option, its environment, or uvicorn's default.
 *
 * @param variable value of `KEEPALIVE_TIMEOUT`
 * @returns NaN for what is no number: uvicorn would not take it
 */
export function liteLLMIdle(command: readonly string[] = [], variable?: string): number {
  const at = command.findIndex((word) => /^--keepalive_timeout(=|$)/.test(word));
  const option = at === -1 ? undefined : (command[at]?.split("=")[1] ?? command[at + 1] ?? "");
  return Number((option ?? variable ?? String(uvicornDefault)) || Number.NaN);
}

/** For how long Traefik would use one again: by its option (a number of seconds, or a Go duration), or its default. */
export function traefikIdle(command: readonly string[] = []): number {
  const option = /^--serverstransport\.forwardingtimeouts\.idleconntimeout=(.+)$/i;
  const [said] = command.flatMap((flag) => option.exec(flag)?.[1] ?? []);
  if (said === undefined) return traefikDefault;
  const units: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, ns: 1e-9 };
  const pieces = [...said.matchAll(/([\d.]+)(h|ms|m|s|us|µs|ns)?/g)];
  const sum = pieces.reduce((total, [, count, unit = "s"]) => total + Number(count) * (units[unit] ?? 1), 0);
  // Traefik takes 0 for no limit.
  return sum === 0 ? Number.POSITIVE_INFINITY : sum;
}

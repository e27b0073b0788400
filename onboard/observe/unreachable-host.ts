/** A host of the candidate file that this machine can't reach: what the candidate does without it is not its fault. */
export interface UnreachableHost {
  /** `host:port`, as the file has it. */
  host: string;
  /** Why it can't be reached, in one line. */
  why: string;
  /** Whether the file has an address in place of the host's name. */
  isAddress: boolean;
  /** Whether the host has IPv6 addresses only. */
  isIPv6Only?: boolean;
}

/** Which hosts can't be reached, and why: one line each. */
export function unreachableLines(unreachable: readonly UnreachableHost[]): string[] {
  return unreachable.map(({ host, why }) => `${host}, which the candidate needs, can't be reached from here: ${why}`);
}

/** What the operator does about it. */
export function reachThem(unreachable: readonly UnreachableHost[]): string {
  const list = (isListed: (one: UnreachableHost) => boolean): string =>
    unreachable
      .filter(isListed)
      .map(({ host }) => host)
      .join(", ");
  const names = list(({ isAddress, isIPv6Only }) => !isAddress && isIPv6Only !== true);
  const addresses = list(({ isAddress }) => isAddress);
  const withIPv6 = list(({ isIPv6Only }) => isIPv6Only === true);
  return [
    ...(names === "" ? [] : [`run it again where ${names} can be reached`]),
    ...(addresses === ""
      ? []
      : [`write a host name in place of ${addresses}, under hosts and in env, and run it again`]),
    ...(withIPv6 === ""
      ? []
      : [
          `run it again where the engine gives new networks IPv6 (Docker: default-network-opts), because ${withIPv6} has no IPv4 address`,
        ]),
  ].join("; ");
}

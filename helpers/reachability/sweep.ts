/** How an attempt to connect ended; `dropped` means no answer before the deadline. */
export type ConnectionOutcome = "connected" | "refused" | "reset" | "dropped" | "no route" | "name not found";

/** An address of a site, and the name of its network in the deployment; empty when it is on none of them. */
export interface SiteAddress {
  address: string;
  network: string;
}

/** A network participant that the policy can name: `lan`, `outside`, `gateway-host`, or a service. */
export interface Site {
  name: string;
  addresses: readonly SiteAddress[];
  /** All its networks are internal ones: docker lets no traffic out of them. */
  isInternal: boolean;
  /** Where the site's own programs listen, without the suite's listeners and the loopback. */
  listening: readonly { address: string; port: number }[];
  /** The addresses that the policy's names resolve to on this site; empty for a name that is not found. */
  names: Readonly<Record<string, readonly string[]>>;
}

/** One attempt to open a TCP connection. */
export interface Attempt {
  from: string;
  to: string;
  address: string;
  port: number;
  outcome: ConnectionOutcome;
}

/**
 * What happened to a connection at the gateway host:
 * - `not-seen`: it did not arrive there
 * - `kept-inside`: it did not arrive there, because the source is on internal networks only
 * - `dropped-by-docker`: docker's own isolation rules dropped it
 * - `denied-by-firewall`: it arrived, and neither docker dropped it nor the firewall let it pass
 * - `passed`: the firewall let it pass
 */
export type ConnectionFate = "not-seen" | "kept-inside" | "dropped-by-docker" | "denied-by-firewall" | "passed";

/** A connection whose first packet reached the gateway host. */
export interface Flow {
  source: string;
  target: string;
  port: number;
}

/** The connections that the gateway host saw. */
export interface Watch {
  /** All of them. */
  arrived: readonly Flow[];
  /** Those that the firewall let pass, to a container or to the host itself. */
  passed: readonly Flow[];
  /** Those that docker's own rules dropped. */
  isolated: readonly Flow[];
}

/** All attempts to connect between all sites, and what the gateway host saw of them. */
export interface Sweep {
  sites: readonly Site[];
  /** Names of the sites that connections were tried from: all but the gateway host. */
  sources: readonly string[];
  ports: readonly number[];
  attempts: readonly Attempt[];
  /**
   * Failed attempts of the gateway host to connect to its own addresses. The suite listens on each of these ports, so
   * only the host's own firewall can be the cause.
   */
  hostSelfFailures: readonly Attempt[];
  watch: Watch;
  /** Outgoing connections that services had tried by themselves before the sweep began. */
  before: readonly Flow[];
  /** Packets that each of the firewall's counters counted during the sweep. */
  counted: Readonly<Record<string, number>>;
  /** The suite's listener outside, which counts the connections that leave the network. */
  sentinel: {
    /** Number of accepted connections, by port. */
    accepted: Readonly<Record<number, number>>;
    /** The port of a control connection from the gateway host: it proves that the sentinel counts. */
    control: number;
  };
}

/** The IP version of an address, by its notation. */
export function familyOf(address: string): 4 | 6 {
  return address.includes(":") ? 6 : 4;
}

/** How an attempt to connect ended. */
export type ConnectionOutcome = "connected" | "refused" | "reset" | "dropped" | "no route" | "name not found";

/** An address of a place, and the deployment's network that it is on. */
export interface SiteAddress {
  address: string;
  network: string;
}

/** Somewhere on the network that the policy can name: `lan`, `outside`, `gateway-host`, or a service. */
export interface Site {
  name: string;
  addresses: readonly SiteAddress[];
  /** Every network that it is on is an internal one: docker itself lets nothing out of it. */
  isInternal: boolean;
  /** What listens there by itself, by address and port; the loopback does not count. */
  listening: readonly { address: string; port: number }[];
  /** What the names of the policy resolve to there; nothing for a name that is not found. */
  names: Readonly<Record<string, readonly string[]>>;
}

/** One attempt to connect. */
export interface Attempt {
  from: string;
  to: string;
  address: string;
  port: number;
  outcome: ConnectionOutcome;
}

/**
 * How far a connection came on the gateway host: `unseen` when it never came there, `kept` when it did not because an
 * internal network lets nothing out, `isolated` when docker's own rules dropped it there, `denied` when the firewall did.
 */
export type ConnectionFate = "unseen" | "kept" | "isolated" | "denied" | "let through";

/** A connection that somebody asked the gateway host to carry. */
export interface Flow {
  source: string;
  target: string;
  port: number;
}

/** What the gateway host has seen. */
export interface Watch {
  arrived: readonly Flow[];
  /** Left to a container or came to the host itself, past the firewall. */
  passed: readonly Flow[];
  /** Dropped by docker's own rules. */
  isolated: readonly Flow[];
}

/** All attempts between all places. */
export interface Sweep {
  sites: readonly Site[];
  /** What tried is a source; the gateway host is none. */
  sources: readonly string[];
  ports: readonly number[];
  attempts: readonly Attempt[];
  /** What the gateway host could not reach of itself: its own firewall stands between, for listeners stand there. */
  hostItself: readonly Attempt[];
  watch: Watch;
  /** What had asked to leave before anything was tried on purpose. */
  before: readonly Flow[];
  /** Packets that each counter of the firewall counted meanwhile. */
  counted: Readonly<Record<string, number>>;
  sentinel: {
    /** Connections that the sentinel outside accepted, by port. */
    accepted: Readonly<Record<number, number>>;
    /** The port that the gateway host itself connected to: the sentinel counts. */
    control: number;
  };
}

/** 4 or 6, by the look of an address. */
export function familyOf(address: string): 4 | 6 {
  return address.includes(":") ? 6 : 4;
}

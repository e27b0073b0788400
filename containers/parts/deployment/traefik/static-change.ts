/** A change of Traefik's static configuration. */
export interface StaticChange {
  /** As Traefik's documentation writes it: `accessLog.format`. */
  option: string;
  /** Undefined drops the option, and everything below it. */
  value: string | undefined;
  why: string;
}

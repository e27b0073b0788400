/** The host and port that a connection is opened to. A URL's own host and port may differ: see `Resolve`. */
export interface Address {
  host: string;
  port: number;
}

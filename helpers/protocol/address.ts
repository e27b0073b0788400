/** Where a connection really goes. */
export interface Address {
  host: string;
  port: number;
}

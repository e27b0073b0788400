/** An upstream that the gateway has already, by the deployment's policy or by a lock file. */
export interface ApprovedUpstream {
  name: string;
  tools: readonly string[];
  /** Where this is written, for messages. */
  from: string;
}

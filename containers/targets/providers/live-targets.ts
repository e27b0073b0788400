import type { EnvironmentError } from "../../../helpers/core/errors.ts";
import type { Deployment } from "../../../helpers/deployment/types.ts";
import { RecordingClient, type Resolve } from "../../../helpers/protocol/recording-client.ts";
import { HttpGateway, type HttpGatewayOptions } from "../http-gateway.ts";
import type { Need } from "../needs.ts";
import { Once } from "./once.ts";
import type { ConnectedTargets, TargetProvider } from "./target-provider.ts";

/** What reaching a gateway that runs elsewhere takes. */
export interface LiveTargetsOptions {
  /** The policy, and what the operator's files say of the gateway. */
  deployment: Deployment;
  /** Variable to the key that the operator gives for it. */
  secrets: ReadonlyMap<string, string>;
  /** Where the policy's hosts are, for one that DNS does not know. */
  resolve: Resolve;
}

/** A gateway that runs elsewhere, by HTTP and MCP only: no engine is needed, and nothing is started. */
export class LiveTargets implements TargetProvider {
  readonly #options: LiveTargetsOptions;
  readonly #once = new Once();

  constructor(options: LiveTargetsOptions) {
    this.#options = options;
  }

  unmet(needs: readonly Need[]): readonly string[] {
    return needs.filter((need) => need !== "gateway").map((need) => `${need}: a run on a throwaway network has it`);
  }

  unsupported(): undefined {
    return undefined;
  }

  async connect(_needs: readonly Need[], { label }: { label: string }): Promise<ConnectedTargets> {
    const { deployment, secrets, resolve } = this.#options;
    const http = new RecordingClient(label, resolve);
    const gateway = new LiveGateway({ deployment, http, once: this.#once }, secrets);
    return { targets: { gateway }, rigs: [], http: [http] };
  }

  /** Nothing is known of the parts of a gateway that runs elsewhere. */
  async environmentTrouble(): Promise<EnvironmentError | undefined> {
    return undefined;
  }
}

class LiveGateway extends HttpGateway {
  readonly #secrets: ReadonlyMap<string, string>;

  constructor(options: HttpGatewayOptions, secrets: ReadonlyMap<string, string>) {
    super(options);
    this.#secrets = secrets;
  }

  secret(name: string): string {
    const value = this.#secrets.get(name);
    if (value === undefined) throw new Error(`no value was given for the secret ${name}`);
    return value;
  }
}

import type { ActionLog } from "../../../helpers/checks/action-log.ts";
import type { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import type { EnvironmentError } from "../../../helpers/core/errors.ts";
import { liteLLMPortOf } from "../../../helpers/deployment/services/litellm-port.ts";
import type { Canaries } from "../../../helpers/deployment/source/canaries.ts";
import {
  type ComposeService,
  type Deployment,
  hasTraefik,
  noAuthorization,
  noTraefik,
  withTraefik,
} from "../../../helpers/deployment/types.ts";
import type { Address } from "../../../helpers/protocol/address.ts";
import type { HeaderLines } from "../../../helpers/protocol/exchange.ts";
import { RecordingClient, type Resolve } from "../../../helpers/protocol/recording-client.ts";
import type { Engine } from "../../engine/engine.ts";
import { sessionCookie } from "../../parts/deployment/forward-auth.ts";
import { partOfService } from "../../parts/deployment/upstream-services.ts";
import { environmentTrouble } from "../../parts/part-health.ts";
import type { RigName, RigState } from "../../rigs/rig.ts";
import { Clients } from "../clients.ts";
import { Edge } from "../edge.ts";
import { Gateway } from "../gateway.ts";
import { Login } from "../login.ts";
import { LoginClients } from "../login-clients.ts";
import { isTargetName, type Need, type SecretSearch, type TargetName, type TargetTypes } from "../needs.ts";
import { Reachability } from "../reachability.ts";
import { partOf, resolveIn } from "../rig-access/parts-of-rig.ts";
import { asWritten, TestGateway } from "../test-gateway.ts";
import { Once } from "./once.ts";
import type { ConnectedTargets, TargetProvider, UsedRig } from "./target-provider.ts";

/** What only a deployment with a Traefik has. */
const needsTraefik: ReadonlySet<Need> = new Set(["edge", "traefik-api", "login"]);

/** What handing out rigs takes. */
export interface RigTargetsOptions {
  engine: Engine;
  /** Loaded with the run's canaries in place of its secrets. */
  deployment: Deployment;
  canaries: Canaries;
  /** Whether the large clients of the matrix run too. */
  heavyClients: boolean;
  /** Starts a rig at the first call; every call gets the same one. */
  rig(name: RigName): Promise<RigState>;
  /** What stands between the checks and the gateway: the address to call in the place of the gateway's. */
  inFront?: (gateway: Address) => Address;
  /** Set where every other check is over. */
  secretSearch?: SecretSearch;
}

/** Why a deployment supports no check with these needs; undefined when it does. No rig starts for such a check. */
export function unsupportedBy(deployment: Deployment, needs: readonly Need[]): string | undefined {
  if (needs.includes("login") && deployment.policy.authorization === undefined) return noAuthorization;
  return !hasTraefik(deployment) && needs.some((need) => needsTraefik.has(need)) ? noTraefik : undefined;
}

/** Targets on the rigs of one deployment under test. */
export class RigTargets implements TargetProvider {
  readonly #options: RigTargetsOptions;
  readonly #once = new Once();

  constructor(options: RigTargetsOptions) {
    this.#options = options;
  }

  unmet(needs: readonly Need[]): readonly string[] {
    const { heavyClients, secretSearch } = this.#options;
    return [
      ...(needs.includes("heavy-clients") && !heavyClients ? ["heavy-clients: set CLIENTS=all"] : []),
      ...(needs.includes("secretSearch") && secretSearch === undefined ? ["secretSearch: a run that is over"] : []),
    ];
  }

  unsupported(needs: readonly Need[]): string | undefined {
    return unsupportedBy(this.#options.deployment, needs);
  }

  async connect(needs: readonly Need[], check: { label: string; actions: ActionLog }): Promise<ConnectedTargets> {
    const names = needs.filter(isTargetName);
    const connected = await Promise.all(names.map(async (name) => await this.#connect(name, check)));
    const rigs = connected.flatMap((one) => one.rigs);
    return {
      targets: Object.assign({}, ...connected.map(({ target }) => target)) as Partial<TargetTypes>,
      rigs,
      http: rigs.flatMap(({ http }) => http ?? []),
    };
  }

  environmentTrouble(rigs: readonly UsedRig[]): Promise<EnvironmentError | CheckFailure | undefined> {
    return environmentTrouble(
      this.#options.engine,
      rigs.map(({ state }) => state),
      servicesByPart(this.#options.deployment),
    );
  }

  async #connect(
    name: TargetName,
    { label, actions }: { label: string; actions: ActionLog },
  ): Promise<{ target: Partial<TargetTypes>; rigs: UsedRig[] }> {
    const { engine, deployment, canaries, rig } = this.#options;
    const common = { engine, deployment, canaries, once: this.#once };
    switch (name) {
      case "edge": {
        const state = await rig("edge");
        const http = new RecordingClient(label, resolveIn(state, deployment));
        const edge = new Edge({ ...common, deployment: withTraefik(deployment), state, http });
        return { target: { edge }, rigs: [{ state, http }] };
      }
      case "gateway": {
        const state = await rig("gateway");
        // LiteLLM's checks are for callers who have passed the login; whether one is demanded is the subject of AUTH-02.
        const { inFront = (address) => address } = this.#options;
        const direct = resolveIn(state, deployment);
        const resolve: Resolve = (...asked) => inFront(direct(...asked));
        const http = new RecordingClient(label, resolve, (host) => sessionAt(deployment, canaries, host));
        return { target: { gateway: new Gateway({ ...common, state, http, actions }) }, rigs: [{ state, http }] };
      }
      case "clients": {
        const state = await rig("clients");
        return { target: { clients: new Clients({ engine, state, actions }) }, rigs: [{ state }] };
      }
      case "reachability": {
        const [gateway, state] = await Promise.all([rig("gateway"), rig("reachability")]);
        const target = new Reachability({ engine, deployment, state, gateway, actions });
        return { target: { reachability: target }, rigs: [{ state: gateway }, { state }] };
      }
      case "secretSearch": {
        const { secretSearch } = this.#options;
        return { target: secretSearch === undefined ? {} : { secretSearch }, rigs: [] };
      }
      case "login": {
        const { authorization } = deployment.policy;
        // Nothing starts for a deployment without a login.
        if (authorization === undefined || deployment.traefik === undefined)
          return { target: { login: { real: undefined } }, rigs: [] };
        const state = await rig("login");
        const http = new RecordingClient(label, resolveIn(state, deployment));
        const real = new Login({ ...common, state, http, actions, authorization });
        return { target: { login: { real } }, rigs: [{ state, http }] };
      }
      case "loginClients": {
        if (deployment.policy.authorization === undefined || deployment.traefik === undefined)
          return { target: { loginClients: { machines: undefined } }, rigs: [] };
        const state = await rig("login-clients");
        const machines = new LoginClients({ engine, state, actions, once: this.#once });
        return { target: { loginClients: { machines } }, rigs: [{ state }] };
      }
      case "testGateway":
      case "restartableGateway": {
        const state = await rig(name === "testGateway" ? "test-gateway" : "restartable-gateway");
        const { inFront = (address) => address } = this.#options;
        const resolve: Resolve = (...asked) => {
          const address = asWritten(...asked);
          return isLiteLLM(state, deployment, address) ? inFront(address) : address;
        };
        const http = new RecordingClient(label, resolve);
        return { target: { [name]: new TestGateway({ ...common, state, http }) }, rigs: [{ state, http }] };
      }
    }
  }
}

/** Whether this is the address of a rig's LiteLLM, and not of one of the test upstreams. */
function isLiteLLM(state: RigState, { litellm }: Deployment, { host, port }: Address): boolean {
  const part = partOf(state, "litellm");
  return part.host === host && part.ports[liteLLMPortOf(litellm)] === port;
}

/** The operator's own services, next to LiteLLM, Traefik and the databases, by the parts that run them. */
function servicesByPart({ compose }: Deployment): ReadonlyMap<string, ComposeService> {
  return new Map([...compose.services.values()].map((service) => [partOfService(service.key), service]));
}

/** The session that the forward-auth stand-in approves, for a host of the policy that has a login. */
function sessionAt({ policy }: Deployment, { session }: Canaries, name: string): HeaderLines {
  const hasLogin = policy.hosts.some((host) => host.name === name && host.access?.some(({ who }) => who === "login"));
  return hasLogin ? [["Cookie", `${sessionCookie}=${session}`]] : [];
}

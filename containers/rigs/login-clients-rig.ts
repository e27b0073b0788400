import { deadlines } from "../../helpers/core/deadlines.ts";
import { type Deployment, withTraefik } from "../../helpers/deployment/types.ts";
import { controlHost } from "../images/contexts/login-front/control.ts";
import { loginServices } from "../parts/deployment/login-services.ts";
import { commandSucceeds } from "../parts/readiness.ts";
import { type ClientMachine, heavyMachines, lightMachines } from "./client-machines.ts";
import { machinePlan } from "./gateway-rig.ts";
import type { RigContext, RigState } from "./rig.ts";

const rigName = "login-clients";
const clientsNetwork = "clients";

/** The part through which the clients reach the gateway. */
export const loginFront = "login-front";
/** On the front's loopback: what it has noted, its authority and its control. */
export const loginFrontPort = 28_080;

/** The clients that can log their user in; Codex too, in the version of the run. */
const loginClients = ["inspector", "python-sdk-1", "python-sdk-2", "claude-code"];

/** The machines of a run: {@link loginClients} as they are in the clients rig, and Codex. */
function machinesOf(
  config: RigContext["config"],
): readonly (Pick<ClientMachine, "name" | "image"> & { version: string | undefined })[] {
  const others = config.clients === "all" ? [...lightMachines, ...heavyMachines] : lightMachines;
  return [
    { name: "codex", image: "codex", version: config.versions.codex },
    ...others.filter(({ name }) => loginClients.includes(name)),
  ];
}

/** Name of the part with a client that becomes known to the provider in one way: its address identifies its requests. */
export function loginMachine(client: string, registration: string): string {
  return `${client}-${registration}`;
}

/**
 * Starts the rig of the clients at the login: machines with MCP clients on a network of their own, on which the policy's hosts and
 * the provider's are the front. It has certificates that the clients trust, and passes on to the login rig's Traefik.
 *
 * @throws {EnvironmentError} when a part does not start
 * @throws {Error} for a deployment without a login, where no check starts this rig
 */
export async function startLoginClientsRig(rig: RigContext): Promise<RigState> {
  const { images, config } = rig;
  const deployment = withTraefik(rig.deployment);
  const login = loginServices(deployment);
  if (login === undefined) throw new Error("the policy has no authorization: there is no login rig");
  const { authorization } = login;
  // The images are built while the login rig starts.
  const imagesOfMachines = Promise.all(
    machinesOf(config).map(async ({ name, image, version }) => ({ name, image: await images.get(image, version) })),
  );
  const [state, front, made, networks] = await Promise.all([
    rig.rig("login"),
    images.get(loginFront),
    imagesOfMachines,
    rig.createNetworks(rigName, [{ name: clientsNetwork, internal: true }]),
  ]);
  const [reached] = Object.entries(state.parts.traefik?.addresses ?? {});
  const network = networks.get(clientsNetwork);
  if (reached === undefined || network === undefined) throw new Error("the login rig's Traefik is on no network");
  const [edge, traefik] = reached;
  const urls = [authorization.resource, authorization.issuer].map((url) => new URL(url));
  const hosts = [
    ...new Set([...urls.map(({ hostname }) => hostname), ...deployment.policy.hosts.map(({ name }) => name)]),
  ];
  const plans = [
    {
      ...machinePlan(loginFront, front),
      networks: [
        { network: { name: edge, id: edge }, aliases: [] },
        { network, aliases: [...hosts, controlHost] },
      ],
      entrypoint: [],
      command: ["node", "/app/server.ts"],
      environment: {
        HOSTS: hosts.join(","),
        ROUTES: JSON.stringify(routesOf(deployment, urls)),
        TRAEFIK: traefik,
        PORT: String(loginFrontPort),
      },
      ready: commandSucceeds(
        "node",
        "-e",
        `fetch("http://127.0.0.1:${loginFrontPort}/authority").then(({ ok }) => process.exit(ok ? 0 : 1))`,
      ),
      startDeadline: deadlines.smallPartStart,
    },
    ...made.flatMap(({ name, image }) =>
      authorization.registration.map((kind) => machinePlan(loginMachine(name, kind), image, network)),
    ),
  ];
  const started = await Promise.all(plans.map((plan) => rig.startPart(rigName, plan)));
  return {
    rig: rigName,
    parts: Object.fromEntries(started.map((part) => [part.name, part])),
    networks: { [clientsNetwork]: network.name },
    changes: [],
  };
}

/** The ports of the addresses, and the ports of Traefik behind them; HTTPS on 443 always, for the control. */
function routesOf({ traefik }: Pick<Deployment, "traefik">, urls: readonly URL[]) {
  const asked = [{ scheme: "https", port: 443 }, ...urls.map((url) => ({ scheme: schemeOf(url), port: portOf(url) }))];
  const distinct = asked.filter(({ port }, index) => asked.findIndex((one) => one.port === port) === index);
  return distinct.map(({ scheme, port }) => ({
    scheme,
    port,
    to: traefik?.ports.find(({ host }) => host === port)?.container ?? port,
  }));
}

function schemeOf(url: URL): string {
  return url.protocol.replace(":", "");
}

function portOf(url: URL): number {
  return url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
}

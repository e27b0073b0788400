import type { Engine } from "../../../engine/engine.ts";
import { removeContainer } from "../../../engine/removal.ts";
import { partLabel, rigLabel } from "../../part.ts";
import { listedRouterLabels, suiteRouterLabel } from "./suite-api.ts";

/** How long Traefik gets before it is made to list the containers, and between two times. Milliseconds; it takes 0.1–1 s. */
const patience = 2_000;

/** The suite's labels, without those by which Traefik takes a container for one of its own. */
const isRunLabel = (label: string): boolean =>
  label.startsWith("gateway-conformance.") && ![partLabel, rigLabel, suiteRouterLabel].includes(label);

/**
 * Makes Traefik list the containers again while something waits for its routers. Its docker provider lists them once, and then
 * listens: on a busy machine it misses a container that starts in between, its own included, and it may list one that has just
 * ended. It lists them again when any container starts or ends.
 */
export class ListingAgain {
  readonly #engine: Engine;
  readonly #traefik: string;
  #last = performance.now();

  /** @param traefik id of Traefik's container */
  constructor(engine: Engine, traefik: string) {
    this.#engine = engine;
    this.#traefik = traefik;
  }

  /**
   * To be called for each attempt that did not see the routers: starts a container that ends at once, where that is due.
   *
   * @throws {Error} the engine's own
   */
  async missed(): Promise<void> {
    if (performance.now() - this.#last < patience) return;
    this.#last = performance.now();
    await startContainer(this.#engine, this.#traefik, ["true"], () => ({ labels: {}, network: "none" }));
  }
}

/**
 * Starts a container with a router of the suite's own, `gateway-conformance-listed@docker`. When Traefik has it, Traefik has
 * listed every container that was running before: a router that is missing then is not late.
 *
 * @param traefik id of Traefik's container
 * @returns removes the container at its disposal
 * @throws {Error} the engine's own
 */
export async function startListedContainer(engine: Engine, traefik: string): Promise<AsyncDisposable> {
  const id = await startContainer(engine, traefik, ["sleep", "600"], ({ labels, networks }) => ({
    labels: listedRouterLabels(labels[rigLabel] ?? ""),
    network: networks[0] ?? "none",
  }));
  return { [Symbol.asyncDispose]: () => removeContainer(engine, id) };
}

/** Starts a container of Traefik's image and run, which removes itself when its command ends. Returns its id. */
async function startContainer(
  { docker }: Engine,
  traefik: string,
  command: string[],
  plan: (of: { labels: Record<string, string>; networks: string[] }) => {
    labels: Record<string, string>;
    network: string;
  },
): Promise<string> {
  const { Image, Config: config, NetworkSettings: settings } = await docker.getContainer(traefik).inspect();
  const all = config.Labels ?? {};
  const ofRun = Object.fromEntries(Object.entries(all).filter(([name]) => isRunLabel(name)));
  const { labels, network } = plan({ labels: all, networks: Object.keys(settings.Networks) });
  const container = await docker.createContainer({
    Image,
    Entrypoint: command,
    Cmd: [],
    Labels: { ...ofRun, ...labels },
    HostConfig: { AutoRemove: true, NetworkMode: network },
  });
  await container.start();
  return container.id;
}
